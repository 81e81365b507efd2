/*
 * The command line; see fs/options.h. Also understands what mount(8) passes for
 * "mount -t fuse.heliosfs HOME MOUNTPOINT -o ...".
 */
#include "fs/options.h"

#include <getopt.h>

static const char help[] =
	"usage: heliosfs [--dir D] [-f] [-o OPTIONS] [MOUNTPOINT]\n"
	"\n"
	"Mounts the view of a Helios home: reading a persona gives it resolved, saving it\n"
	"validates, stores and commits it. MOUNTPOINT is HOME/view unless given.\n"
	"\n"
	"  --dir D      the home; else $HELIOS_DIR, else ~/.helios\n"
	"  -f           stay in the foreground\n"
	"  -o OPTIONS   ro; options that mount(8) passes are accepted\n"
	"  --help, --version\n";

/* What mount(8) and fstab may pass and a view has, or does without, anyway. */
static const char *const ignored[] = {
	"rw",
	"nosuid",
	"nodev",
	"noexec",
	"suid",
	"dev",
	"exec",
	"atime",
	"noatime",
	"relatime",
	"async",
	"sync",
	"auto",
	"noauto",
	"user",
	"users",
	"nouser",
	"owner",
	"_netdev",
	"nofail",
	"defaults",
	"dirsync",
	"default_permissions",
	"lazytime",
	"strictatime",
	"nodiratime",
	"diratime",
};

static bool is_ignored(const char *option)
{
	if (strncmp(option, "x-", 2) == 0 || strncmp(option, "comment=", 8) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		if (streq(option, ignored[i]))
			return true;
	return false;
}

static int usage(int *ret_status, const char *problem, const char *what)
{
	fprintf(stderr, "heliosfs: %s%s\nTry 'heliosfs --help'.\n", problem, what);
	*ret_status = 2;
	return -1;
}

static int parse_mount_options(char *list, struct options *options, int *ret_status)
{
	char *at;

	while ((at = strsep(&list, ","))) {
		if (!*at)
			continue;
		if (streq(at, "ro"))
			options->read_only = true;
		else if (strncmp(at, "dir=", 4) == 0)
			options->dir = at + 4;
		else if (streq(at, "allow_other") || streq(at, "allow_root"))
			return usage(ret_status, "a view is its owner's alone: no ", at);
		else if (!is_ignored(at))
			return usage(ret_status, "unknown mount option: ", at);
	}
	return 0;
}

static int parse_places(int count, char **places, struct options *options, int *ret_status)
{
	if (count > 2)
		return usage(ret_status, "too many arguments: ", places[2]);
	if (count > 0)
		options->mountpoint = places[count - 1];
	if (count == 2 && !options->dir && !streq(places[0], "none") && !streq(places[0], "helios"))
		options->dir = places[0]; /* mount(8): the source comes first */
	if (count > 0 && !*options->mountpoint)
		return usage(ret_status, "the mountpoint is empty", "");
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, int *ret_status)
{
	enum { DIR_OPTION = 256, HELP_OPTION, VERSION_OPTION };
	static const struct option known[] = {
		{"dir", required_argument, NULL, DIR_OPTION},
		{"help", no_argument, NULL, HELP_OPTION},
		{"version", no_argument, NULL, VERSION_OPTION},
		{0},
	};
	int option;

	*ret_status = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "fo:h", known, NULL)) != -1) {
		switch (option) {
		case DIR_OPTION:
			ret->dir = optarg;
			break;
		case 'f':
			ret->foreground = true;
			break;
		case 'o':
			if (parse_mount_options(optarg, ret, ret_status) < 0)
				return -1;
			break;
		case 'h':
		case HELP_OPTION:
			fputs(help, stdout);
			return -1;
		case VERSION_OPTION:
			puts("heliosfs " HELIOS_VERSION);
			return -1;
		default:
			return usage(ret_status, "this option is unknown or lacks its value: ",
				     argv[optind - 1]);
		}
	}
	return parse_places(argc - optind, argv + optind, ret, ret_status);
}
