// SPDX-License-Identifier: GPL-3.0-or-later
/* A fuzzer without its engine: gives LLVMFuzzerTestOneInput() every kept input once, as a TAP case
 * each, so that what was found stays found with any compiler. The corpus of fuzz_X is
 * tests/fuzz/corpus/X; files named as arguments are tried instead. */
#include <dirent.h>
#include <stdint.h>

#include "support/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A block of exactly the input's size: one byte read too far is seen by the sanitizer. */
static uint8_t *read_whole(FILE *file, size_t *size)
{
	fseek(file, 0, SEEK_END);
	long end = ftell(file);
	rewind(file);
	if (end < 0)
		return NULL;
	*size = (size_t)end;
	uint8_t *data = malloc(*size ? *size : 1);
	if (data && fread(data, 1, *size, file) == *size)
		return data;
	free(data);
	return NULL;
}

static void replay(const char *path)
{
	size_t size = 0;
	FILE *file = fopen(path, "re");
	uint8_t *data = file ? read_whole(file, &size) : NULL;
	const char *slash = strrchr(path, '/');
	snprintf(tap_name, sizeof tap_name, "%s", path);
	ok(data && LLVMFuzzerTestOneInput(data, size) == 0, "%s", slash ? slash + 1 : path);
	free(data);
	if (file)
		fclose(file);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static size_t replay_directory(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
		replay(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return count > 0 ? (size_t)count : 0;
}

static void replay_own_corpus(const char *program)
{
	const char *source = getenv("srcdir"), *name = strstr(program, "fuzz_");
	char directory[2048];
	for (const char *later = name; later; later = strstr(later + 1, "fuzz_"))
		name = later;
	snprintf(directory, sizeof directory, "%s/tests/fuzz/corpus/%s", source ? source : ".",
	         name ? name + 5 : "");
	ok(replay_directory(directory) > 0, "there is a corpus");
}

int main(int argc, char **argv)
{
	tap_watchdog(50);
	uint8_t *nothing = malloc(1);
	ok(nothing && LLVMFuzzerTestOneInput(nothing, 0) == 0, "no input at all");
	free(nothing);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1)
		replay_own_corpus(argv[0]);
	return tap_done();
}
