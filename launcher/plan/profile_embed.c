/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build tool: profile_embed OUT.c FILE.json… writes the table of
 * profile_builtin.h. Runs on the machine that builds, never later. Only ASCII:
 * what char holds above it differs between machines.
 */
#include <stdio.h>
#include <string.h>

static int embed(FILE *out, const char *path, unsigned number)
{
	FILE *in = fopen(path, "rb");
	int c, column = 0;

	if (!in)
		return -1;
	(void)fprintf(out, "static const char text_%u[] = {", number);
	while ((c = fgetc(in)) != EOF && c < 0x80)
		(void)fprintf(out, "%s%d,", column++ % 16 ? " " : "\n\t", c);
	(void)fprintf(out, "\n\t0};\n\n");
	(void)fclose(in);
	return c == EOF ? 0 : -1;
}

static void embed_row(FILE *out, const char *path, unsigned number)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	int n = (int)(dot ? (size_t)(dot - name) : strlen(name));

	(void)fprintf(out, "\t{\"%.*s\", text_%u, sizeof(text_%u) - 1},\n", n,
		name, number, number);
}

int main(int argc, char **argv)
{
	FILE *out = argc > 2 ? fopen(argv[1], "wb") : NULL;

	if (!out)
		return 1;
	(void)fprintf(out, "#include \"plan/profile_builtin.h\"\n\n");
	for (int i = 2; i < argc; i++) {
		if (embed(out, argv[i], (unsigned)i) < 0) {
			(void)fprintf(stderr,
				"%s: cannot be read, or is not ASCII\n",
				argv[i]);
			return 1;
		}
	}
	(void)fprintf(
		out, "const struct builtin_profile builtin_profiles[] = {\n");
	for (int i = 2; i < argc; i++)
		embed_row(out, argv[i], (unsigned)i);
	(void)fprintf(out,
		"};\n\nconst size_t builtin_profiles_n =\n"
		"\tsizeof(builtin_profiles) / sizeof(builtin_profiles[0]);\n");
	return fclose(out) == 0 ? 0 : 1;
}
