/* Keeping the files of store/rendered.h. */
#include "store/rendered.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/file.h"
#include "persona/resolve.h"
#include "store/effective.h"

#define RENDERED_BYTES (4u << 20)
#define NEW_FILE ".new"

int rendered_text(struct helios_home *home, const struct render_format *format, const char *name,
		  bool body, struct buf *out, struct buf *dropped, struct helios_error *error)
{
	cleanup_effective struct effective effective = {0};
	cleanup(arena_done) struct arena arena = {0};
	cleanup_free char *active = NULL;
	struct resolution resolution;
	int err = name ? 0 : helios_active(home, &active, error);

	if (err == 0 && !name && !active)
		err = helios_fail(error, HELIOS_NO_PERSONA, NULL,
				  "'helios use NAME' makes one active", "no persona is active");
	if (err == 0)
		err = effective_anywhere(home, name ?: active, &effective, error);
	if (err == 0)
		err = resolve(&arena, effective.layers, effective.count, &resolution, error);
	if (err)
		return err;
	render_persona(format, resolution.root, name ?: active, body, out, dropped);
	return out->failed ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot render") : 0;
}

/* A reader sees the old text or the new one, whole; it is made again, so nothing is synced. */
static int replace(int directory, const char *file, const struct buf *text)
{
	int err;

	file_unlink(directory, NEW_FILE, 0);
	err = file_create(directory, NEW_FILE, buf_text(text), text->length);
	return err == 0 && file_rename(directory, NEW_FILE, file, 0) < 0 ? -errno : err;
}

/* Without an active persona the file is empty: the tool then reads no rules. */
static int refresh_one(struct helios_home *home, int directory, const struct render_format *format)
{
	cleanup_buf struct buf text = {0}, old = {0}, dropped = {0};
	int err = rendered_text(home, format, NULL, false, &text, &dropped, NULL);

	if (err < 0 && err != -ENOENT)
		return err; /* what cannot be read now stays what it was */
	if (file_read(directory, format->file, RENDERED_BYTES, &old, NULL) == 0 &&
	    old.length == text.length && memcmp(buf_text(&old), buf_text(&text), old.length) == 0)
		return 0;
	return replace(directory, format->file, &text);
}

static int open_directory(struct helios_home *home)
{
	return file_open_beneath(home->directory, RENDERED_DIRECTORY, O_RDONLY | O_DIRECTORY, 0);
}

void rendered_refresh(struct helios_home *home)
{
	static _Thread_local bool within; /* what is read may find edits, and take them */
	cleanup_fd int directory = within ? -1 : open_directory(home);
	struct stat st;

	if (directory < 0 || flock(directory, LOCK_EX) < 0) /* the last to write read last */
		return;
	within = true;
	for (const struct render_format *format = render_formats; format->name; format++)
		if (file_stat(directory, format->file, &st) == 0)
			refresh_one(home, directory, format);
	within = false;
}

int rendered_keep(struct helios_home *home, const struct render_format *format,
		  struct helios_error *error)
{
	int err = file_make_directory(home->directory, RENDERED_DIRECTORY);
	cleanup_fd int directory = err < 0 ? err : open_directory(home);

	err = directory < 0 ? directory : file_create(directory, format->file, "", 0);
	if (err < 0 && err != -EEXIST)
		return helios_fail_errno(error, -err, RENDERED_DIRECTORY, "cannot render");
	rendered_refresh(home);
	return 0;
}

void rendered_drop(struct helios_home *home, const struct render_format *format)
{
	cleanup_fd int directory = open_directory(home);

	if (directory < 0)
		return;
	file_unlink(directory, format->file, 0);
	file_unlink(directory, NEW_FILE, 0);
	file_unlink(home->directory, RENDERED_DIRECTORY, AT_REMOVEDIR);
}
