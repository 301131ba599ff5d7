// For libFuzzer with the address sanitizer: any bytes are read or refused, and no byte beyond them.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	// Of its own, so that the sanitizer sees one byte too far.
	char *copy = malloc(length);
	if (length > 0)
		memcpy(copy, bytes, length);
	struct span text = {copy, length}, value, content;
	static const char *const names[] = {"prevResult", "cniVersion", "excludedNamespaces"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!json_member(text, names[i], &value) || !value.begin)
			continue;
		if (value.begin < copy || value.begin + value.length > copy + length)
			abort();
		if (json_plain_string(value, &content) && content.length + 2 != value.length)
			abort();
		while (json_next_string(&value, &content)) {
			if (content.begin + content.length > copy + length)
				abort();
		}
	}
	free(copy);
	return 0;
}
