/* Lets a target try each file of the directories named: the corpus as an ordinary test. */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/file.h"

static void try_file(int directory, const char *name)
{
	cleanup_buf struct buf text = {0};
	struct part part;

	assert_int_equal(file_read(directory, name, 1 << 20, &text, NULL), 0);
	part = part_copy(text.data, text.length);
	fprintf(stderr, "# %s\n", name);
	LLVMFuzzerTestOneInput((const uint8_t *)part.text, part.length);
	part_done(&part);
}

static unsigned try_directory(const char *path)
{
	cleanup_fd int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **names;
	int count = directory < 0 ? -1 : scandirat(directory, ".", &names, NULL, alphasort);
	unsigned tried = 0;

	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.') {
			try_file(directory, names[i]->d_name);
			tried++;
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return tried;
}

int main(int argc, char **argv)
{
	unsigned tried = 0;

	for (int i = 1; i < argc; i++)
		tried += try_directory(argv[i]);
	printf("%u inputs tried\n", tried);
	return tried ? 0 : 1;
}
