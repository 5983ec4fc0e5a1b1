/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a target over every file of the folders it is given, as a test: a file
 * that once broke the target never does so again unseen.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH_SIZE 4096

static unsigned n_tests, n_failed;

static uint8_t *file_read(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *data = NULL;
	long size = -1;

	if (f == NULL)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	rewind(f);
	if (size >= 0)
		data = malloc((size_t)size + 1);
	/* Exactly as large as the content: an overrun is seen. */
	if (data != NULL && size > 0)
		data = realloc(data, (size_t)size);
	if (data != NULL && fread(data, 1, (size_t)size, f) != (size_t)size) {
		free(data);
		data = NULL;
	}
	(void)fclose(f);
	*ret_size = (size_t)size;
	return data;
}

static void replay_file(const char *folder, const char *name)
{
	char path[PATH_SIZE];
	uint8_t *data;
	size_t size = 0;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	data = file_read(path, &size);
	ok = data != NULL;
	if (ok)
		(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	n_failed += !ok;
	printf("%sok %u - %s\n", ok ? "" : "not ", ++n_tests, name);
	(void)fflush(stdout);
}

static int is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void replay_folder(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_file, alphasort);

	if (n <= 0) {
		printf("not ok %u - %s holds files\n", ++n_tests, folder);
		n_failed++;
		return;
	}
	for (int i = 0; i < n; i++) {
		replay_file(folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay_folder(argv[i]);
	printf("1..%u\n", n_tests);
	return n_failed > 0 || n_tests == 0;
}
