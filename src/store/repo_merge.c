/* Merging texts line by line, by libgit2's xdiff. */
#include "store/history.h"
#include "store/repo_private.h"

int history_merge(const struct text_span *ancestor, const struct text_span *ours,
		  const struct text_span *theirs, struct buf *out, bool *ret_clean,
		  struct helios_error *error)
{
	const struct text_span *const sides[] = {ancestor, ours, theirs};
	git_merge_file_input inputs[ARRAY_SIZE(sides)];
	git_merge_file_result result = {0};
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++)
		inputs[i] = (git_merge_file_input){.version = GIT_MERGE_FILE_INPUT_VERSION,
						   .ptr = sides[i]->bytes,
						   .size = sides[i]->length};
	err = git_merge_file(&result, &inputs[0], &inputs[1], &inputs[2], NULL);
	*ret_clean = err == 0 && result.automergeable;
	if (*ret_clean)
		buf_add(out, result.ptr, result.len);
	git_merge_file_result_free(&result);
	return err < 0 ? repo_fail(error, err, "merge two texts") : 0;
}
