/*
 * What an AI client may send: the first byte says in pieces of which size the rest arrives, as
 * lines. Each is handled by a server over a home made of examples/ in which tools may change
 * nothing, so that all inputs meet the same. Every line of its output is JSON-RPC; a request is
 * answered once, with its id, a notification never. JSON that is read reads the same when it is
 * written again.
 */
#include "mcp/server.h" /* before cmocka, whose fail() is a macro */

#include "place.h"

#include <sys/mman.h>

#include "base/file.h"
#include "base/json.h"
#include "mcp/input.h"

static struct helios_home *home_of_examples(void)
{
	static const char settings[] = "tools: all\nagent_writes: {\"*\": deny, no.where: deny}\n";
	cleanup_fd int directory = place_make();
	struct helios_error error = {0};
	struct helios_home *home = NULL;

	assert_int_equal(file_create_synced(directory, "settings.yaml", settings, strlen(settings)),
			 0);
	if (helios_init(place_path, FUZZ_EXAMPLES, NULL, &error) < 0 ||
	    helios_open(place_path, 0, &home, &error) < 0 ||
	    helios_follow_project(home, place_path, &error) < 0)
		fail_msg("%s", error.message);
	return home;
}

/* ---- what comes out */

static bool same(struct slice a, struct slice b)
{
	return a.length == b.length && (!a.length || memcmp(a.at, b.at, a.length) == 0);
}

/* Counts what is no notification; all but the answers of a batch. */
static size_t check_line(const char *line, size_t length, struct slice id)
{
	struct slice root, result, failure;

	assert_int_equal(slice_parse(line, length, &root), 0);
	if (slice_kind(root) == SLICE_LIST)
		return 1;
	assert_true(slice_is(slice_get(root, "jsonrpc"), "2.0"));
	if (slice_get(root, "method").at)
		return 0;
	result = slice_get(root, "result");
	failure = slice_get(root, "error");
	assert_int_equal(!result.at, failure.at != NULL);
	assert_true(same(slice_get(root, "id"), id));
	return 1;
}

static size_t check_output(int output, struct slice id)
{
	off_t length = lseek(output, 0, SEEK_END);
	cleanup_free char *text = malloc((size_t)length + 1);
	size_t answers = 0;

	assert_non_null(text);
	assert_int_equal(file_read_at(output, text, (size_t)length, 0), 0);
	for (char *line = text, *end; line < text + length; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + length - line));
		assert_non_null(end);
		answers += check_line(line, (size_t)(end - line), id);
	}
	assert_int_equal(ftruncate(output, 0), 0);
	lseek(output, 0, SEEK_SET);
	return answers;
}

/* ---- what goes in */

static void read_again(const struct message *message)
{
	cleanup_buf struct buf text = {0}, out = {0}, again = {0};
	struct slice value;

	if (!slice_text(slice_get(message->params, "name"), &text))
		return;
	json_text_n(&out, buf_text(&text), text.length);
	assert_int_equal(slice_parse(buf_text(&out), out.length, &value), 0);
	assert_true(slice_text(value, &again));
	assert_string_equal(buf_text(&text), buf_text(&again));
}

static void hear(void *data, const char *line, size_t length)
{
	struct server *server = data;
	struct message *message = line ? message_new(line, length) : message_too_long();
	struct job job = {.message = message};
	size_t answers;

	assert_non_null(message);
	cJSON_Delete(json_parse(line ? line : "", length));
	read_again(message);
	server->job = &job;
	server_handle(server, message);
	answers = check_output(server->output, message->id);
	if (message->kind == MESSAGE_REQUEST && !streq(message->method, "subscriptions/listen"))
		assert_int_equal(answers, 1);
	else
		assert_true(answers <=
			    (message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_BAD));
	message_free(message);
}

static void server_end(struct server *server)
{
	subscriptions_end(server);
	free(server->client);
	free(server->handshake_client);
	free(server->names);
	queue_done(&server->queue);
	pthread_mutex_destroy(&server->output_mutex);
	assert_int_equal(ftruncate(server->output, 0), 0);
	lseek(server->output, 0, SEEK_SET);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct helios_home *home;
	static int output;
	cleanup_part struct part part = part_copy(data, size);
	size_t step = size ? data[0] : 1;
	struct input input = {0};
	struct server server = {.log_level = -1};

	if (!home) {
		home = home_of_examples();
		output = memfd_create("output", MFD_CLOEXEC);
	}
	server.home = home;
	server.output = output;
	pthread_mutex_init(&server.output_mutex, NULL);
	queue_init(&server.queue);
	for (size_t at = 1; at < size; at += step + 1)
		input_feed(&input, part.text + at, at + step < size ? step + 1 : size - at, hear,
			   &server);
	input_feed(&input, "\n", 1, hear, &server);
	server_end(&server);
	return 0;
}
