/*
 * The YAML 1.2 core schema. Numbers are scanned by hand first, so that nothing libc would
 * accept beyond the schema ("0x1p3", "infinity", " 1") gets through.
 */
#include "yaml/scalar.h"

#include <ctype.h>
#include <math.h>

static bool text_is(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(text, word, length) == 0;
}

static bool text_in(const char *text, size_t length, const char *const *words)
{
	for (; *words; words++)
		if (text_is(text, length, *words))
			return true;
	return false;
}

static bool is_null(const char *text, size_t length)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

	return text_in(text, length, words);
}

static bool is_bool(const char *text, size_t length, bool *ret)
{
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};

	*ret = text_in(text, length, yes);
	return *ret || text_in(text, length, no);
}

/* 0o and 0x numbers have no sign. */
static unsigned base_of(const char *text, size_t length)
{
	if (length > 2 && text[0] == '0' && text[1] == 'o')
		return 8;
	if (length > 2 && text[0] == '0' && text[1] == 'x')
		return 16;
	return 10;
}

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

/* NODE_INT with its value, NODE_BIGINT, or NODE_STRING when it is no integer. */
static enum node_kind scan_integer(const char *text, size_t length, int64_t *ret)
{
	unsigned base = base_of(text, length);
	bool negative = length && text[0] == '-', fits = true;
	size_t at = base != 10 ? 2 : length && (text[0] == '-' || text[0] == '+');
	uint64_t value = 0, limit = (uint64_t)INT64_MAX + negative;

	if (at >= length)
		return NODE_STRING;
	for (; at < length; at++) {
		unsigned digit = digit_of(text[at]);

		if (digit >= base)
			return NODE_STRING;
		fits = fits && value <= (limit - digit) / base;
		if (fits)
			value = value * base + digit;
	}
	if (!fits)
		return NODE_BIGINT;
	*ret = negative ? (int64_t)(0 - value) : (int64_t)value;
	return NODE_INT;
}

static size_t skip_digits(const char *text, size_t length, size_t at)
{
	while (at < length && text[at] >= '0' && text[at] <= '9')
		at++;
	return at;
}

static bool is_decimal_float(const char *text, size_t length)
{
	size_t at = length && (text[0] == '-' || text[0] == '+'), before = at, digits;

	at = skip_digits(text, length, at);
	digits = at - before;
	if (at < length && text[at] == '.') {
		before = ++at;
		at = skip_digits(text, length, at);
		digits += at - before;
	}
	if (!digits)
		return false;
	if (at < length && (text[at] == 'e' || text[at] == 'E')) {
		at++;
		if (at < length && (text[at] == '-' || text[at] == '+'))
			at++;
		before = at;
		at = skip_digits(text, length, at);
		if (at == before)
			return false;
	}
	return at == length;
}

/* text is NUL-terminated behind length. */
static bool scan_float(const char *text, size_t length, double *ret)
{
	static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
	static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
	size_t sign = length && (text[0] == '-' || text[0] == '+');

	if (text_in(text + sign, length - sign, infinities)) {
		*ret = text[0] == '-' ? -(double)INFINITY : (double)INFINITY;
		return true;
	}
	if (text_in(text, length, nans)) {
		*ret = (double)NAN;
		return true;
	}
	if (!is_decimal_float(text, length))
		return false;
	*ret = strtod(text, NULL);
	return true;
}

/* Most strings are told from numbers by their first character. */
static bool may_be_number(const char *text, size_t length)
{
	return length && (isdigit((unsigned char)text[0]) || strchr("+-.", text[0]));
}

void scalar_resolve(struct node *node, const char *text, size_t length)
{
	node->text = text;
	node->length = length;
	node->kind = NODE_STRING;
	if (may_be_number(text, length)) {
		node->kind = scan_integer(text, length, &node->integer);
		if (node->kind == NODE_STRING && scan_float(text, length, &node->real))
			node->kind = NODE_FLOAT;
	} else if (length <= 5 && strchr("~nNtTfF", text[0])) { /* or the NUL of "" */
		if (is_bool(text, length, &node->boolean))
			node->kind = NODE_BOOL;
		else if (is_null(text, length))
			node->kind = NODE_NULL;
	}
}

bool scalar_resolve_as(struct node *node, const char *type, const char *text, size_t length)
{
	scalar_resolve(node, text, length);
	if (streq(type, "null"))
		return node->kind == NODE_NULL;
	if (streq(type, "bool"))
		return node->kind == NODE_BOOL;
	if (streq(type, "int"))
		return node->kind == NODE_INT || node->kind == NODE_BIGINT;
	if (streq(type, "float")) {
		if (node->kind == NODE_INT || node->kind == NODE_BIGINT) {
			if (base_of(text, length) != 10)
				return false;
			node->real = strtod(text, NULL);
			node->kind = NODE_FLOAT;
		}
		return node->kind == NODE_FLOAT;
	}
	node->kind = NODE_STRING;
	return streq(type, "str");
}

/* The fewest significant digits that read back to value, in %e form. */
static int shortest_digits(double value, char *text, size_t size)
{
	int digits;

	for (digits = 1; digits < 17; digits++) {
		snprintf(text, size, "%.*e", digits - 1, value);
		if (strtod(text, NULL) == value)
			return digits;
	}
	snprintf(text, size, "%.*e", digits - 1, value);
	return digits;
}

void scalar_format_float(struct buf *buf, double value)
{
	char text[40];
	const char *exponent_text;
	int digits, exponent;

	if (isnan(value)) {
		buf_addstr(buf, ".nan");
		return;
	}
	if (isinf(value)) {
		buf_addstr(buf, value < 0 ? "-.inf" : ".inf");
		return;
	}
	digits = shortest_digits(value, text, sizeof(text));
	exponent_text = strchr(text, 'e');
	exponent = (int)strtol(exponent_text + 1, NULL, 10);
	if (exponent >= -5 && exponent < 16) {
		int decimals = digits - 1 - exponent;

		buf_addf(buf, "%.*f", decimals > 1 ? decimals : 1, value);
		return;
	}
	/* YAML 1.1 readers want the point. */
	buf_add(buf, text, (size_t)(exponent_text - text));
	if (digits == 1)
		buf_addstr(buf, ".0");
	buf_addstr(buf, exponent_text);
}

/* Whether a number's spelling still means the number: !!float 1 or a changed value does not. */
static bool text_still_means(const struct node *node)
{
	struct node again = {0};

	if (!node->text)
		return false;
	scalar_resolve(&again, node->text, node->length);
	return node->kind == again.kind && again.length == strlen(again.text) &&
	       (node->kind == NODE_INT ? again.integer == node->integer
				       : memcmp(&again.real, &node->real, sizeof(double)) == 0);
}

void scalar_format(struct buf *buf, const struct node *node)
{
	switch (node->kind) {
	case NODE_NULL:
		buf_addstr(buf, "null");
		break;
	case NODE_BOOL:
		buf_addstr(buf, node->boolean ? "true" : "false");
		break;
	case NODE_INT:
		if (text_still_means(node))
			buf_add(buf, node->text, node->length);
		else
			buf_addf(buf, "%lld", (long long)node->integer);
		break;
	case NODE_FLOAT:
		if (text_still_means(node))
			buf_add(buf, node->text, node->length);
		else
			scalar_format_float(buf, node->real);
		break;
	default:
		buf_add(buf, node->text, node->length);
		break;
	}
}

bool scalar_is_old_special(const char *text, size_t length)
{
	static const char *const words[] = {"y",  "n",	"yes", "no", "on",
					    "off", "=",	"<<",  NULL};
	char small[4];

	if (length && length < sizeof(small)) {
		for (size_t i = 0; i < length; i++)
			small[i] = (char)tolower((unsigned char)text[i]);
		if (text_in(small, length, words))
			return true;
	}
	/* Dates, times, 1:30 and 1_000: nothing but digits and what may stand between them. */
	if (!length || !strchr("+-.0123456789", text[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!strchr("+-.:_ TtZz0123456789abcdefABCDEFx", text[i]))
			return false;
	return isdigit((unsigned char)text[0]) ||
	       (length > 1 && isdigit((unsigned char)text[1]));
}
