/*
 * A draft: the private text behind one handle that writes. Nobody else sees it until it is
 * committed (commit.c). Its mutex is held for each operation, a commit included.
 */
#pragma once

#include "base/buf.h"
#include "fs/ancestor.h"
#include "fs/names.h"
#include "fs/caller.h"

struct draft {
	pthread_mutex_t mutex;
	struct fs *fs;
	struct name name;
	struct buf content;
	struct ancestor *opened; /* the version it began as; NULL: the name did not exist */
	struct ancestor *saved;	 /* its text at its last commit */
	struct process owner;	 /* who opened it */
	atomic_uint opens;	 /* open files the kernel has of it */
	char client[32];
	struct timespec mtime;
	bool in_use;	    /* was opened: the kernel's second walk has arrived */
	bool truncated;	    /* began empty, so it says nothing about the version it was opened on */
	bool dirty;	    /* has data since the last commit point */
	bool detached;	    /* its name was removed: it will not be committed */
	bool abandoned;	    /* its writer was killed */
	bool announce;	    /* the kernel must forget what the name was */
	size_t sequential;  /* bytes written from the start without a jump; SIZE_MAX: jumped */
	size_t inspected;   /* of them, already known to be the beginning of a valid document */
	int poisoned;	    /* errno of a write that was refused; all later ones are, too */
	size_t poisoned_at; /* its offset: a writer that goes on stays there */
	int refused;	    /* errno of the last commit, if nothing was written since */
	struct helios_error why; /* of poisoned or refused */
};

/* A draft that begins as text, or empty when text is NULL. NULL when memory ran out. */
struct draft *draft_new(struct fs *fs, const struct name *name, struct helios_text *text);
void draft_free(struct draft *draft);

/* Notes who opened it. */
void draft_own(struct draft *draft, pid_t tid);

/* 0 or a negative errno; the first refusal of a text is explained in problems and status. */
int draft_write(struct draft *draft, const char *bytes, size_t length, off_t offset, bool append);
int draft_truncate(struct draft *draft, off_t length);
void draft_reply_read(fuse_req_t req, struct draft *draft, size_t size, off_t offset);
void draft_attributes(struct draft *draft, struct stat *ret);
