/* Unified diffs of two texts, by libgit2's xdiff. */
#include "store/history.h"
#include "store/repo_private.h"

int history_diff(const char *old, size_t old_length, const char *old_name, const char *new,
		 size_t new_length, const char *new_name, struct buf *out,
		 struct helios_error *error)
{
	git_diff_options options;
	git_patch *patch = NULL;
	git_buf text = {0};
	int err;

	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.old_prefix = "";
	options.new_prefix = "";
	err = git_patch_from_buffers(&patch, old, old_length, old_name, new, new_length, new_name,
				     &options);
	if (err == 0 && git_patch_num_hunks(patch) > 0)
		err = git_patch_to_buf(&text, patch);
	if (err == 0 && text.size)
		buf_add(out, text.ptr, text.size);
	git_buf_dispose(&text);
	git_patch_free(patch);
	return err < 0 ? repo_fail(error, err, "compare two texts") : 0;
}
