/*
 * Loose objects, looked at without libgit2, which would loop for ever on a truncated one. Moves
 * aside, never deletes, what holds data.
 */
#include <dirent.h>
#include <fcntl.h>
#include <zlib.h>

#include "base/file.h"
#include "store/mended.h"
#include "store/repo_private.h"

#define LIMIT_LOOSE_OBJECT (64u << 20) /* bytes after inflating */

/* Inflates a whole loose object; -EBADMSG when it is truncated or not zlib's. */
static int inflate_object(const struct buf *packed, struct buf *out)
{
	unsigned char block[65536];
	z_stream stream = {.next_in = (unsigned char *)packed->data,
			   .avail_in = (unsigned)packed->length};
	int state;

	if (packed->length == 0)
		return -EBADMSG;
	if (inflateInit(&stream) != Z_OK)
		return -ENOMEM;
	do {
		stream.next_out = block;
		stream.avail_out = sizeof(block);
		state = inflate(&stream, Z_NO_FLUSH);
		buf_add(out, block, sizeof(block) - stream.avail_out);
	} while (state == Z_OK && out->length <= LIMIT_LOOSE_OBJECT);
	inflateEnd(&stream);
	if (out->failed || state == Z_MEM_ERROR)
		return -ENOMEM;
	return state == Z_STREAM_END ? 0 : state == Z_OK ? -EFBIG : -EBADMSG;
}

/* 0 when it is, -EBADMSG when it is not, or why that cannot be told. */
static int check_whole(const struct buf *packed, const struct object_id *id)
{
	static const struct {
		const char *name;
		git_object_t type;
	} types[] = {
		{"blob ", GIT_OBJECT_BLOB},
		{"tree ", GIT_OBJECT_TREE},
		{"commit ", GIT_OBJECT_COMMIT},
		{"tag ", GIT_OBJECT_TAG},
	};
	cleanup_buf struct buf object = {0};
	git_oid actual;
	int err = inflate_object(packed, &object);

	if (err < 0)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t prefix = strlen(types[i].name),
		       header = strnlen(object.data, object.length) + 1;

		if (strncmp(object.data, types[i].name, prefix) != 0 || header > object.length)
			continue;
		if (strtoull(object.data + prefix, NULL, 10) != object.length - header)
			return -EBADMSG;
		if (git_odb_hash(&actual, object.data + header, object.length - header,
				 types[i].type) < 0)
			return -ENOMEM;
		return git_oid_equal(&actual, as_oid(id)) ? 0 : -EBADMSG;
	}
	return -EBADMSG;
}

int repo_look_at_object(int directory, const struct object_id *id, bool *ret_there, bool *ret_whole,
			struct helios_error *error)
{
	cleanup_buf struct buf packed = {0};
	char path[80];
	int err;

	repo_object_path(id, path);
	err = file_read(directory, path, LIMIT_LOOSE_OBJECT, &packed, NULL);
	*ret_there = err != -ENOENT;
	*ret_whole = false;
	if (err == -ENOENT || err == -ELOOP || err == -EISDIR || err == -EINVAL || err == -ENXIO)
		return 0; /* gone, or no plain file */
	if (err == 0)
		err = check_whole(&packed, id);
	*ret_whole = err == 0;
	if (err < 0 && err != -EBADMSG) /* an errno is no evidence of corruption */
		return helios_fail_errno(error, -err, path, "cannot check an object");
	return 0;
}

int repo_check_object(int directory, const struct object_id *id, bool *ret_present,
		      struct helios_error *error)
{
	char hex[OBJECT_ID_HEX + 1], path[80], aside[80];
	bool there;
	int err = repo_look_at_object(directory, id, &there, ret_present, error);

	if (err < 0 || !there || *ret_present)
		return err; /* not there: packed, or never written */
	object_id_format(id, hex);
	repo_object_path(id, path);
	snprintf(aside, sizeof(aside), ".recovery/object-%s", hex);
	if (file_rename(directory, path, aside, 0) < 0)
		return helios_fail_errno(error, errno, path, "cannot set a damaged object aside");
	mended_tell("the object %.12s was damaged; it is kept as %s", hex, aside);
	return 0;
}

void repo_object_path(const struct object_id *id, char path[80])
{
	char hex[OBJECT_ID_HEX + 1];

	object_id_format(id, hex);
	snprintf(path, 80, ".git/objects/%.2s/%s", hex, hex + 2);
}

static int visit_fan_out(int directory, unsigned fan_out, loose_fn *visit, void *context)
{
	char path[64], hex[OBJECT_ID_HEX + 16];
	struct dirent *entry;
	struct object_id id;
	int err = 0, fd;
	DIR *stream;

	snprintf(path, sizeof(path), ".git/objects/%02x", fan_out);
	fd = file_open_beneath(directory, path, O_RDONLY | O_DIRECTORY, 0);
	stream = fd >= 0 ? fdopendir(fd) : NULL;
	if (!stream && fd >= 0)
		close(fd);
	while (stream && err == 0 && (entry = readdir(stream))) {
		snprintf(hex, sizeof(hex), "%02x%.40s", fan_out, entry->d_name);
		if (object_id_parse(hex, &id))
			err = visit(context, &id);
	}
	if (stream)
		closedir(stream);
	return err;
}

int repo_each_loose(int directory, unsigned fan_outs, loose_fn *visit, void *context)
{
	int err = 0;

	for (unsigned i = 0; err == 0 && i < fan_outs; i++)
		err = visit_fan_out(directory, i, visit, context);
	return err;
}
