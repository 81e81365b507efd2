/* render, link, check and unlink: the active persona where AI tools read rules. */
#include "client/link.h"
#include "op/ops.h"
#include "store/rendered.h"

int op_render(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	const char *name = call->values[0], *wanted = call->values[1] ?: "agents-md";
	const struct render_format *format = render_format_find(wanted);
	cleanup_buf struct buf text = {0}, dropped = {0}, json = {0}, hint = {0};
	int err;

	for (const struct render_format *known = render_formats; known->name; known++)
		buf_addf(&hint, "%s%s", hint.length ? ", " : "it is one of ", known->name);
	if (!format)
		return helios_fail(error, HELIOS_USAGE, NULL, buf_text(&hint),
				   "no format is called '%s'", wanted);
	err = rendered_text(call->home, format, name, false, &text, &dropped, error);
	if (err < 0)
		return err;
	json_open(&json, '{');
	json_member(&json, "persona", name);
	json_member(&json, "format", format->name);
	json_member(&json, "file", format->file);
	json_key(&json, "text");
	json_text_n(&json, buf_text(&text), text.length);
	json_member(&json, "dropped", buf_text(&dropped));
	json_close(&json, '}');
	return answer_give(answer, &text, &json, error);
}

struct listing {
	struct buf text, json;
	size_t count;
	bool wrong; /* one is not as it should be */
};

static void listing_done(struct listing *listing)
{
	buf_done(&listing->text);
	buf_done(&listing->json);
}

static void add_report(void *context, const struct link_report *report)
{
	struct listing *listing = context;
	struct buf *text = &listing->text, *json = &listing->json;
	cleanup_buf struct buf path = {0};

	buf_addf(&path, "%s/%s", report->root, report->path);
	buf_addf(text, "%s  %s  (%s)  ", report->state, report->client, report->mode);
	add_one_line(text, buf_text(&path), path.length);
	if (report->why)
		buf_addf(text, ": %s", report->why);
	buf_addch(text, '\n');
	if (*report->dropped)
		buf_addf(text, "  left out, for its size: %s\n", report->dropped);
	if (*report->kept)
		buf_addf(text, "  it was edited: what it held is in %s of the home\n",
			 report->kept);
	json_open(json, '{');
	json_member(json, "client", report->client);
	json_member(json, "file", buf_text(&path));
	json_member(json, "mode", report->mode);
	json_member(json, "state", report->state);
	json_member(json, "why", report->why);
	json_member(json, "dropped", report->dropped);
	json_member(json, "kept", report->kept);
	json_close(json, '}');
	listing->count++;
	listing->wrong |= !streq(report->state, "ok");
}

static void begin(struct listing *listing)
{
	json_open(&listing->json, '{');
	json_key(&listing->json, "links");
	json_open(&listing->json, '[');
}

static int give(struct listing *listing, struct helios_answer *answer, struct helios_error *error)
{
	json_close(&listing->json, ']');
	json_close(&listing->json, '}');
	if (!listing->count)
		buf_addstr(&listing->text, "nothing is linked\n");
	return answer_give(answer, &listing->text, &listing->json, error);
}

/* --project is said for all commands; here it names where the link is. */
static const char *project_of(const struct helios_call *call)
{
	return helios_project(call->home);
}

int op_link(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	cleanup(listing_done) struct listing listing = {0};
	int mode = call->values[1] ? LINK_COPY : call->values[2] ? LINK_BLOCK : -1, err;

	if (call->values[1] && call->values[2])
		return helios_fail(error, HELIOS_USAGE, NULL, NULL,
				   "--copy and --block are different ways");
	begin(&listing);
	err = link_put(call->home, call->client, call->values[0], project_of(call), mode,
		       add_report, &listing, error);
	answer->notice = true;
	return err < 0 ? err : give(&listing, answer, error);
}

int op_check(const struct helios_call *call, struct helios_answer *answer,
	     struct helios_error *error)
{
	cleanup(listing_done) struct listing listing = {0};
	int err;

	begin(&listing);
	err = link_check(call->home, add_report, &listing, error);
	answer->status = listing.wrong;
	return err < 0 ? err : give(&listing, answer, error);
}

int op_unlink(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	cleanup(listing_done) struct listing listing = {0};
	int err;

	if (!call->values[0] == !call->values[1])
		return helios_fail(error, HELIOS_USAGE, NULL, "'helios check' lists them",
				   "name a tool, or give --all");
	begin(&listing);
	err = link_remove(call->home, call->client, call->values[0], project_of(call), add_report,
			  &listing, error);
	answer->notice = true;
	return err < 0 ? err : give(&listing, answer, error);
}
