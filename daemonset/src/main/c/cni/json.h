// Finds values in a JSON text without copying or allocating: all this program needs of JSON is
// where a few values of the outermost object begin and end.
#ifndef GROUNDMESH_JSON_H
#define GROUNDMESH_JSON_H

#include <stdbool.h>
#include <stddef.h>

// A part of a text; begin is null where there is none.
struct span {
	const char *begin;
	size_t length;
};

// The value of a member of the object that the text is; the last one where a name comes twice, as
// other readers of the same text take it. False if the text is not one well-formed JSON object.
// value->begin is null if there is no such member.
bool json_member(struct span text, const char *name, struct span *value);

// Steps through the strings of an array: *rest is the array at first. False at the end of the
// array, and at an element that is not a string. The span is without quotes, escapes as they are.
bool json_next_string(struct span *rest, struct span *string);

// The content of a JSON string that has no escapes; false if the value is something else.
bool json_plain_string(struct span value, struct span *content);

// Whether a span has this text.
bool span_equals(struct span span, const char *text);

#endif
