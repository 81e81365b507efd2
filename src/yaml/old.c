/* The comparison of yaml/old.h. */
#include "yaml/old.h"

#include <strings.h>

static bool is_word(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

/* 1:30 was 90, 2025-09-08 a date, 0777 an octal number, 1_000 a thousand. */
static const char *number_of_old(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 4 && text[4] == '-' && strspn(text + 5, "0123456789-") >= 3)
		return "a date";
	if (digits && text[digits] == ':' && text[digits + 1] &&
	    strspn(text, "0123456789:") == strlen(text))
		return "a number to base 60";
	if (digits > 1 && *text == '0' && strspn(text, "01234567") == strlen(text))
		return "an octal number";
	if (digits && strchr(text, '_') && strspn(text, "0123456789_") == strlen(text))
		return "a number";
	return NULL;
}

const char *node_read_before(const struct node *node)
{
	static const char *const truths[] = {"yes", "no", "on", "off"};

	if (node->style != STYLE_PLAIN)
		return NULL;
	if (node->kind == NODE_STRING && is_word(node->text, truths, ARRAY_SIZE(truths)))
		return "true or false";
	if (node->kind == NODE_STRING)
		return number_of_old(node->text);
	return node->kind == NODE_INT && node->text && node->text[0] == '0' ? "an octal number"
									    : NULL;
}
