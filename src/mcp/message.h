/*
 * One message of the client, checked and sorted: JSON-RPC 2.0 with the rules of each protocol era.
 * A message says itself which era it belongs to (a modern one carries its protocol version), so
 * nothing about the connection is needed to read it.
 */
#pragma once

#include "base/slice.h"

enum rpc_code {
	RPC_PARSE = -32700,
	RPC_INVALID = -32600,
	RPC_METHOD = -32601,
	RPC_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_NO_RESOURCE = -32002, /* handshake era only */
	RPC_VERSION = -32022,	  /* modern era only */
};

#define MODERN_VERSION "2026-07-28"

enum message_kind { MESSAGE_REQUEST, MESSAGE_NOTIFICATION, MESSAGE_RESPONSE, MESSAGE_BAD };

/* Why a message is refused, or a method has failed. */
struct fault {
	enum rpc_code code;
	char text[400];
	struct buf data; /* JSON; empty: none */
};

void fault_done(struct fault *fault);

/* Fills fault and returns -1. */
int fail(struct fault *fault, enum rpc_code code, const char *format, ...) printf_like(3, 4);

struct message {
	char *text; /* the message's own copy; the slices point into it */
	size_t length;
	enum message_kind kind;
	struct slice id; /* as it came; none for notifications and what has no usable id */
	char *method;
	struct slice params, meta; /* none when absent */
	bool modern;
	struct fault fault; /* MESSAGE_BAD, and a request whose envelope is not right */
};

/* NULL when memory is out. */
struct message *message_new(const char *text, size_t length);
void message_free(struct message *message);

/* What is said of a line over the limit. */
struct message *message_too_long(void);

/* Elements of a batch, or 0 when it is none. The text of *ret_root is borrowed from message. */
bool message_is_batch(const struct message *message, struct slice *ret_root);

/* The id a notifications/cancelled names; none when it names none. */
struct slice message_cancels(const struct message *message);
