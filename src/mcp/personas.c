/* The personas as resources, prompts, completion and skills need them. */
#include "mcp/server.h"

void personas_free(struct persona *personas, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(personas[i].name);
		free(personas[i].description);
		free(personas[i].slug);
	}
	free(personas);
}

static int add_persona(struct persona **list, size_t *count, struct slice row)
{
	struct persona *grown = realloc(*list, (*count + 1) * sizeof(*grown));
	struct slice description = slice_get(row, "description");

	if (!grown)
		return -1;
	*list = grown;
	grown[*count] = (struct persona){
		.name = slice_strdup(slice_get(row, "name")),
		.description = description.at ? slice_strdup(description) : strdup(""),
	};
	(*count)++;
	return grown[*count - 1].name && grown[*count - 1].description ? 0 : -1;
}

#define PAGE 200u

size_t personas_after(const struct persona *personas, size_t count, const char *name,
		      size_t *ret_end)
{
	size_t begin = 0;

	while (begin < count && *name && strcmp(personas[begin].name, name) <= 0)
		begin++;
	*ret_end = count - begin > PAGE ? begin + PAGE : count;
	return begin;
}

void add_next_cursor(struct buf *result, const struct persona *personas, size_t count, size_t end)
{
	cleanup_buf struct buf cursor = {0};

	if (end == count)
		return;
	buf_addf(&cursor, "after:%s", personas[end - 1].name);
	json_member(result, "nextCursor", buf_text(&cursor));
}

int personas_list(struct server *server, struct persona **ret, size_t *ret_count,
		  struct helios_error *error)
{
	cleanup(helios_answer_done) struct helios_answer answer = {0};
	struct persona *list = NULL;
	struct slice root, row;
	size_t at = 0, count = 0;

	if (run_op(server, "list", NULL, &answer, error) < 0)
		return -1;
	if (slice_parse(answer.json, strlen(answer.json), &root) < 0)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out"), -1;
	while (slice_next(slice_get(root, "personas"), &at, NULL, &row)) {
		if (add_persona(&list, &count, row) < 0) {
			personas_free(list, count);
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out"),
			       -1;
		}
	}
	*ret = list;
	*ret_count = count;
	return 0;
}
