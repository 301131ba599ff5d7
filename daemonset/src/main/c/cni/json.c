#include "json.h"

#include <string.h>

// Deeper than any network configuration, and far from the end of the stack.
#define MAX_DEPTH 64

struct reader {
	const char *at;
	const char *end;
};

static void skip_space(struct reader *in)
{
	while (in->at < in->end &&
	       (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r'))
		in->at++;
}

static bool take(struct reader *in, char expected)
{
	if (in->at >= in->end || *in->at != expected)
		return false;
	in->at++;
	return true;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool skip_string(struct reader *in)
{
	if (!take(in, '"'))
		return false;
	while (in->at < in->end) {
		unsigned char c = (unsigned char)*in->at++;
		if (c == '"')
			return true;
		if (c < 0x20)
			return false;
		if (c != '\\')
			continue;
		if (in->at >= in->end)
			return false;
		char escape = *in->at++;
		if (escape == 'u') {
			for (int i = 0; i < 4; i++) {
				if (in->at >= in->end || !is_hex(*in->at))
					return false;
				in->at++;
			}
		} else if (!escape || !strchr("\"\\/bfnrt", escape)) {
			return false;
		}
	}
	return false;
}

static bool skip_digits(struct reader *in)
{
	const char *begin = in->at;
	while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
		in->at++;
	return in->at > begin;
}

static bool skip_number(struct reader *in)
{
	take(in, '-');
	if (!take(in, '0') && !skip_digits(in))
		return false;
	if (take(in, '.') && !skip_digits(in))
		return false;
	if (take(in, 'e') || take(in, 'E')) {
		if (!take(in, '+'))
			take(in, '-');
		return skip_digits(in);
	}
	return true;
}

static bool skip_word(struct reader *in, const char *word)
{
	size_t length = strlen(word);
	if ((size_t)(in->end - in->at) < length || memcmp(in->at, word, length) != 0)
		return false;
	in->at += length;
	return true;
}

static bool skip_value(struct reader *in, int depth);

static bool skip_array(struct reader *in, int depth)
{
	if (!take(in, '['))
		return false;
	skip_space(in);
	if (take(in, ']'))
		return true;
	do {
		if (!skip_value(in, depth + 1))
			return false;
		skip_space(in);
	} while (take(in, ','));
	return take(in, ']');
}

static bool skip_name(struct reader *in, struct span *name)
{
	skip_space(in);
	const char *begin = in->at;
	if (!skip_string(in))
		return false;
	*name = (struct span){begin + 1, (size_t)(in->at - begin) - 2};
	skip_space(in);
	return take(in, ':');
}

static bool skip_object(struct reader *in, int depth, const char *wanted, struct span *value)
{
	if (!take(in, '{'))
		return false;
	skip_space(in);
	if (take(in, '}'))
		return true;
	do {
		struct span name;
		if (!skip_name(in, &name))
			return false;
		skip_space(in);
		const char *begin = in->at;
		if (!skip_value(in, depth + 1))
			return false;
		if (wanted && span_equals(name, wanted))
			*value = (struct span){begin, (size_t)(in->at - begin)};
		skip_space(in);
	} while (take(in, ','));
	return take(in, '}');
}

static bool skip_value(struct reader *in, int depth)
{
	skip_space(in);
	if (in->at >= in->end || depth > MAX_DEPTH)
		return false;
	switch (*in->at) {
	case '{':
		return skip_object(in, depth, NULL, NULL);
	case '[':
		return skip_array(in, depth);
	case '"':
		return skip_string(in);
	case 't':
		return skip_word(in, "true");
	case 'f':
		return skip_word(in, "false");
	case 'n':
		return skip_word(in, "null");
	default:
		return skip_number(in);
	}
}

bool json_member(struct span text, const char *name, struct span *value)
{
	struct reader in = {text.begin, text.begin + text.length};
	*value = (struct span){NULL, 0};
	skip_space(&in);
	if (!skip_object(&in, 0, name, value))
		return false;
	skip_space(&in);
	return in.at == in.end;
}

bool json_next_string(struct span *rest, struct span *string)
{
	struct reader in = {rest->begin, rest->begin + rest->length};
	skip_space(&in);
	if (!take(&in, '[') && !take(&in, ','))
		return false;
	skip_space(&in);
	const char *begin = in.at;
	if (!skip_string(&in))
		return false;
	*string = (struct span){begin + 1, (size_t)(in.at - begin) - 2};
	*rest = (struct span){in.at, (size_t)(in.end - in.at)};
	return true;
}

bool json_plain_string(struct span value, struct span *content)
{
	if (!value.begin || value.length < 2 || value.begin[0] != '"')
		return false;
	*content = (struct span){value.begin + 1, value.length - 2};
	return !memchr(content->begin, '\\', content->length);
}

bool span_equals(struct span span, const char *text)
{
	return span.begin && span.length == strlen(text) &&
	       memcmp(span.begin, text, span.length) == 0;
}
