/* review: what agents have proposed - look, accept or reject. */
#include "op/ops.h"

#include "store/proposal.h"

static void json_proposal(struct buf *json, const struct proposal *proposal)
{
	char time[32];

	op_format_time(time, sizeof(time), proposal->time, true);
	json_member(json, "id", proposal->id);
	json_member(json, "summary", proposal->summary);
	json_member(json, "time", time);
	json_member(json, "client", proposal->client);
	json_member(json, "session", proposal->session);
	json_member(json, "tool", proposal->tool);
	json_member(json, "reason", proposal->reason);
}

static void add_proposal(const struct helios_call *call, const struct proposal *proposal,
			 struct buf *text)
{
	char time[32];

	op_format_time(time, sizeof(time), proposal->time, false);
	paint(text, call->colour, PAINT_DIM, time);
	buf_addstr(text, "  ");
	paint(text, call->colour, PAINT_YELLOW, proposal->id);
	buf_addf(text, "  %s  ", proposal->client ? proposal->client : "an AI client");
	add_one_line(text, proposal->summary, strlen(proposal->summary));
	if (proposal->reason)
		buf_addf(text, "\n    why: %s", proposal->reason);
	buf_addch(text, '\n');
}

static int list(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup(proposals_done) struct proposals proposals = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	int err = proposals_read(call->home, &proposals, error);

	if (err < 0)
		return err;
	json_open(&json, '{');
	json_key(&json, "proposals");
	json_open(&json, '[');
	for (size_t i = 0; i < proposals.count; i++) {
		add_proposal(call, &proposals.entries[i], &text);
		json_open(&json, '{');
		json_proposal(&json, &proposals.entries[i]);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
	if (!text.length)
		buf_addstr(&text, "no proposals\n");
	return answer_give(answer, &text, &json, error);
}

static int show(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup(proposal_done) struct proposal proposal = {0};
	cleanup_buf struct buf text = {0}, json = {0}, diff = {0};
	int err = proposal_find(call->home, call->values[1], &proposal, error);

	if (err == 0)
		err = proposal_diff(call->home, &proposal, &diff, error);
	if (err < 0)
		return err;
	add_diff(call, &text, buf_text(&diff));
	json_open(&json, '{');
	json_proposal(&json, &proposal);
	json_member(&json, "diff", buf_text(&diff));
	json_close(&json, '}');
	return answer_give(answer, &text, &json, error);
}

static int accept(const struct helios_call *call, struct helios_answer *answer,
		  struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	struct helios_saved saved = {0};
	int err = proposal_accept(call->home, call->client, call->values[1], &saved, error);

	if (err < 0)
		return err;
	buf_addf(&text, "accepted %s%s\n", call->values[1],
		 saved.changed ? "" : ": it was so already");
	return answer_give_saved(answer, &text, call->values[1], &saved, error);
}

static int reject(const struct helios_call *call, struct helios_answer *answer,
		  struct helios_error *error)
{
	int err = helios_proposal_reject(call->home, call->client, call->values[1], error);

	return err < 0 ? err : answer_give_id(answer, "rejected", call->values[1], error);
}

int op_review(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	static const struct op_action actions[] = {{"list", list, false},
						   {"show", show, true},
						   {"accept", accept, true},
						   {"reject", reject, true},
						   {NULL, NULL, false}};

	return op_act("review", actions, call, answer, error);
}
