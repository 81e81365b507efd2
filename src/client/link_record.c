/* Reading and writing what client/link_record.h describes. */
#include "client/link_record.h"

#include "base/file.h"

#define LINKS_BYTES (1u << 20)

int links_read(struct helios_home *home, cJSON **ret, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	int err = file_read(home->directory, LINKS_FILE, LINKS_BYTES, &text, NULL);

	*ret = NULL;
	if (err < 0 && err != -ENOENT)
		return helios_fail_errno(error, -err, LINKS_FILE, "cannot read " LINKS_FILE);
	*ret = err == 0 ? json_parse(buf_text(&text), text.length) : cJSON_CreateArray();
	if (cJSON_IsArray(*ret))
		return 0;
	cJSON_Delete(take_ptr(*ret));
	return helios_fail(error, HELIOS_IO, &(struct helios_place){.file = LINKS_FILE},
			   "move it away and link anew", LINKS_FILE " cannot be understood");
}

int links_write(struct txn *txn, const cJSON *links, const char *summary,
		struct helios_error *error)
{
	cleanup_free char *text = cJSON_Print(links);
	int err;

	if (!text)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory for a link");
	err = txn_put(txn, LINKS_FILE, text, strlen(text), error);
	return err < 0 ? err : txn_commit(txn, summary, error);
}
