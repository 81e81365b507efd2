/* The rules of persona/secret.h. */
#include "persona/secret.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/base.h"

enum charset { UPPER, WORD, TOKEN, DOTTED };

/* A prefix and at least so many characters of a set; what is longer than most is something else. */
struct rule {
	const char *name, *prefix;
	enum charset set;
	size_t least, most;
};

static const struct rule rules[] = {
	{"anthropic-key", "sk-ant-", TOKEN, 20, 300},
	{"openai-key", "sk-proj-", TOKEN, 20, 300},
	{"openai-key", "sk-svcacct-", TOKEN, 20, 300},
	{"openai-key", "sk-", WORD, 32, 64},
	{"aws-access-key", "AKIA", UPPER, 16, 16},
	{"aws-access-key", "ASIA", UPPER, 16, 16},
	{"github-token", "ghp_", WORD, 36, 255},
	{"github-token", "gho_", WORD, 36, 255},
	{"github-token", "ghu_", WORD, 36, 255},
	{"github-token", "ghs_", WORD, 36, 255},
	{"github-token", "ghr_", WORD, 36, 255},
	{"github-token", "github_pat_", WORD, 40, 255},
	{"gitlab-token", "glpat-", TOKEN, 20, 255},
	{"google-key", "AIza", TOKEN, 35, 35},
	{"huggingface-token", "hf_", WORD, 30, 64},
	{"npm-token", "npm_", WORD, 36, 36},
	{"pypi-token", "pypi-AgE", TOKEN, 50, 300},
	{"sendgrid-key", "SG.", DOTTED, 60, 80},
	{"slack-token", "xoxb-", TOKEN, 20, 255},
	{"slack-token", "xoxp-", TOKEN, 20, 255},
	{"slack-token", "xoxa-", TOKEN, 20, 255},
	{"slack-token", "xoxs-", TOKEN, 20, 255},
	{"slack-token", "xapp-", TOKEN, 20, 255},
	{"stripe-key", "sk_live_", WORD, 16, 255},
	{"stripe-key", "rk_live_", WORD, 16, 255},
	{"json-web-token", "eyJ", DOTTED, 40, 8192},
};

/* Keys whose value is a secret, if it is one word that is not easily guessed. */
static const char *const keys[] = {
	"password",   "passwd",	    "passphrase", "pwd",	 "secret",     "token",
	"secret_key", "secret-key", "api_key",	  "api-key",	 "apikey",     "private_key",
	"access_key", "access-key", "accesskey",  "account_key", "accountkey",
};

#define WORD_MOST 256
#define WORD_LEAST 8 /* characters of a password that is told apart from a plain word */

static bool is_in(enum charset set, unsigned char c)
{
	switch (set) {
	case UPPER:
		return isupper(c) || isdigit(c);
	case WORD:
		return isalnum(c) || c == '_';
	case TOKEN:
		return isalnum(c) || c == '_' || c == '-';
	case DOTTED:
		return isalnum(c) || c == '_' || c == '-' || c == '.';
	}
	return false;
}

/* At most so many characters of a set; ASCII alone, whatever the locale. */
static size_t span(enum charset set, const char *text, const char *end, size_t most)
{
	const char *at = text;

	while (at < end && (size_t)(at - text) < most && (unsigned char)*at < 0x80 &&
	       is_in(set, (unsigned char)*at))
		at++;
	return (size_t)(at - text);
}

/* Asked of every byte there is, and nearly always its first character says no. */
static bool begins_with(const char *text, const char *end, const char *prefix)
{
	size_t length;

	if (*text != *prefix)
		return false;
	length = strlen(prefix);
	return (size_t)(end - text) >= length && memcmp(text, prefix, length) == 0;
}

/* A JSON web token has three parts, and the second is an object, too. */
static bool is_web_token(const char *text, size_t length)
{
	const char *dot = memchr(text, '.', length);

	return dot && (size_t)(dot + 4 - text) < length && memcmp(dot + 1, "eyJ", 3) == 0 &&
	       memchr(dot + 1, '.', length - (size_t)(dot + 1 - text));
}

/* Letters and digits in a row are what people write of words and dates, too: a key has both. */
static bool is_mixed(const char *text, size_t length)
{
	bool letter = false, digit = false;

	for (size_t i = 0; i < length; i++) {
		letter = letter || isalpha((unsigned char)text[i]);
		digit = digit || isdigit((unsigned char)text[i]);
	}
	return letter && digit;
}

static bool match_rules(const char *text, const char *at, const char *end, struct secret *ret)
{
	if (at > text && span(TOKEN, at - 1, at, 1)) /* in the middle of a word */
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct rule *rule = &rules[i];
		size_t prefix, length;

		if (!begins_with(at, end, rule->prefix))
			continue;
		prefix = strlen(rule->prefix);
		if (rule->set == DOTTED && at > text &&
		    at[-1] == '.') /* looked at from its begin */
			continue;
		length = span(rule->set, at + prefix, end, rule->most + 1);
		if (length < rule->least || length > rule->most || !is_mixed(at, prefix + length) ||
		    (streq(rule->name, "json-web-token") && !is_web_token(at, prefix + length)))
			continue;
		*ret = (struct secret){rule->name, (size_t)(at - text), prefix + length};
		return true;
	}
	return false;
}

/* "-----BEGIN RSA PRIVATE KEY-----", or with BLOCK, and what follows on the line. */
static bool match_private_key(const char *text, const char *at, const char *end, struct secret *ret)
{
	static const char begin[] = "-----BEGIN ", what[] = "PRIVATE KEY";
	const char *line = at, *found;

	if (!begins_with(at, end, begin))
		return false;
	while (line < end && *line != '\n' && line - at < 80)
		line++;
	found = memmem(at, (size_t)(line - at), what, strlen(what));
	if (!found)
		return false;
	*ret = (struct secret){"private-key", (size_t)(at - text),
			       (size_t)(found - at) + strlen(what)};
	return true;
}

/* The secret in "https://user:SECRET@host"; what stands for one ("<password>", "$PASS") is none. */
static bool match_url(const char *text, const char *at, const char *end, struct secret *ret)
{
	const char *user = at + 3, *colon, *sign;

	if (!begins_with(at, end, "://"))
		return false;
	for (colon = user; colon < end && !strchr(":@/ \t\r\n\"'", *colon); colon++)
		;
	if (colon >= end || *colon != ':' || colon == user)
		return false;
	for (sign = colon + 1; sign < end && !strchr("@/ \t\r\n\"'", *sign); sign++)
		;
	if (sign >= end || *sign != '@' || sign - colon < 4 || strchr("<$*{[%x", colon[1]))
		return false;
	*ret = (struct secret){"url-password", (size_t)(colon + 1 - text),
			       (size_t)(sign - colon - 1)};
	return true;
}

/* Whether the word that ends here is one of the keys. */
static bool ends_a_key(const char *text, const char *end)
{
	const char *begin = end;

	while (begin > text &&
	       (isalnum((unsigned char)begin[-1]) || begin[-1] == '_' || begin[-1] == '-'))
		begin--;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t length = strlen(keys[i]);
		const char *tail = end - length;

		if (tail < begin || strncasecmp(tail, keys[i], length) != 0)
			continue;
		if (tail == begin || tail[-1] == '_' || tail[-1] == '-')
			return true;
	}
	return false;
}

/* "password: SECRET" and "password=SECRET", quoted or not. */
static bool match_value(const char *text, const char *at, const char *end, struct secret *ret)
{
	const char *key = at, *value = at + 1;
	size_t length = 0;

	if (*at != ':' && *at != '=')
		return false;
	if (key > text && (key[-1] == '"' || key[-1] == '\''))
		key--;
	if (!ends_a_key(text, key))
		return false;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	if (value < end && (*value == '"' || *value == '\''))
		value++;
	while (value + length < end && length <= WORD_MOST &&
	       !strchr(" \t\r\n\"',;}]", value[length]))
		length++;
	if (length < WORD_LEAST || length > WORD_MOST || !is_mixed(value, length) ||
	    strchr("<$*{[%!&", *value) || memmem(value, length, "://", 3))
		return false;
	*ret = (struct secret){"password", (size_t)(value - text), length};
	return true;
}

bool secret_find(const char *text, size_t length, size_t *position, struct secret *ret)
{
	const char *end = text + length;

	for (const char *at = text + *position; at < end; at++) {
		if (!match_rules(text, at, end, ret) && !match_private_key(text, at, end, ret) &&
		    !match_url(text, at, end, ret) && !match_value(text, at, end, ret))
			continue;
		*position = (size_t)(at - text) > ret->offset + ret->length
				    ? (size_t)(at - text) + 1
				    : ret->offset + ret->length;
		return true;
	}
	*position = length;
	return false;
}
