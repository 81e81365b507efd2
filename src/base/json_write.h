/*
 * JSON written straight into a buffer: commas come by themselves, failure is the buffer's sticky
 * one, integers are exact, and what a terminal could obey is escaped. Relies on base/buf and
 * base/utf8.
 */
#pragma once

#include "base/buf.h"

/* '{' or '[', and its end. */
void json_open(struct buf *out, char bracket);
void json_close(struct buf *out, char bracket);

/* The key of the value written next. */
void json_key(struct buf *out, const char *key);

/* Values; NULL writes null. */
void json_text(struct buf *out, const char *text);
void json_text_n(struct buf *out, const char *text, size_t length);
void json_whole(struct buf *out, int64_t number);
void json_real(struct buf *out, double number);
void json_bool(struct buf *out, bool value);

/* A value that is JSON already. */
void json_raw(struct buf *out, const char *json, size_t length);

/* Members: a key with its value; the text member is left out when text is NULL or empty. */
void json_member(struct buf *out, const char *key, const char *text);
void json_member_whole(struct buf *out, const char *key, int64_t number);
void json_member_real(struct buf *out, const char *key, double number);
void json_member_bool(struct buf *out, const char *key, bool value);
