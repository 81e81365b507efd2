/* The files of cli/login.h. */
#include "cli/login.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/child.h"

#define MARK "# Written by 'helios mount --at-login'; 'helios mount --no-login' removes it.\n"
#define LIMIT_OURS 65536u /* bytes of one of our files */

/* A file of ours beneath the configuration, whose directories may be links of the person's. */
struct file {
	const char *directory, *name;
};

static const struct file unit_file = {"systemd/user", "helios.service"};
static const struct file wanted_link = {"systemd/user/default.target.wants", "helios.service"};
static const struct file entry_file = {"autostart", "helios.desktop"};

/* Opens $XDG_CONFIG_HOME, else ~/.config; a negative errno. */
static int open_config(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char path[PATH_MAX];
	int fd;

	if (config && config[0] == '/')
		snprintf(path, sizeof(path), "%s", config);
	else if (home && home[0] == '/')
		snprintf(path, sizeof(path), "%s/.config", home);
	else
		return -ENOENT;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Opens the directory a file stands in, with make making it; a negative errno. */
static int open_parent(int config, const struct file *file, bool make)
{
	char path[64];
	int fd;

	for (size_t i = 0; make && file->directory[i]; i++) {
		if (file->directory[i + 1] && file->directory[i + 1] != '/')
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)i + 1, file->directory);
		if (mkdirat(config, path, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	fd = openat(config, file->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int fail(struct helios_error *error, int err, const struct file *file)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", file->directory, file->name);
	return helios_fail_errno(error, -err, path, "cannot set up mounting at login");
}

/*
 * What a character needs before it within double quotes, to be read as itself. systemd doubles what
 * it would expand; an autostart entry's backslashes are unescaped twice.
 */
static const char *escape(char c, bool unit)
{
	if (c == '%')
		return "%";
	if (c == '$')
		return unit ? "$" : "\\\\";
	if (c == '\\')
		return unit ? "\\" : "\\\\\\";
	if (c == '"')
		return unit ? "\\" : "\\\\";
	return c == '`' && !unit ? "\\\\" : "";
}

static void add_argument(struct buf *out, const char *text, bool unit)
{
	buf_addch(out, '"');
	for (; *text; text++) {
		buf_addstr(out, escape(*text, unit));
		buf_addch(out, *text);
	}
	buf_addch(out, '"');
}

static void add_command(struct buf *out, const struct login *login, bool unit)
{
	add_argument(out, login->program, unit);
	buf_addstr(out, " --dir ");
	add_argument(out, login->home, unit);
	buf_addstr(out, unit ? " -f " : " ");
	add_argument(out, login->place, unit);
	buf_addch(out, '\n');
}

/*
 * What a user's manager can do about the daemon without forbidding it fusermount3, a setuid
 * program: there, all that filters system calls or names files implies NoNewPrivileges or a
 * namespace whose mounts nobody else sees. The rest heliosfs does by itself once it has mounted.
 */
#define SANDBOX                                                                                    \
	"UMask=0077\n"                                                                             \
	"LimitCORE=0\n"                                                                            \
	"LimitMEMLOCK=0\n"                                                                         \
	"TasksMax=256\n"

static void add_unit(struct buf *out, const struct login *login)
{
	buf_addstr(out, MARK "[Unit]\n"
			     "Description=The personas of Helios as files\n"
			     "Documentation=man:heliosfs(1)\n"
			     "\n"
			     "[Service]\n"
			     "Type=notify\n"
			     "ExecStart=");
	add_command(out, login, true);
	buf_addstr(out, "Restart=on-failure\n"
			"RestartSec=1\n" SANDBOX "\n"
			"[Install]\n"
			"WantedBy=default.target\n");
}

static void add_entry(struct buf *out, const struct login *login)
{
	buf_addstr(out, MARK "[Desktop Entry]\n"
			     "Type=Application\n"
			     "Name=Helios\n"
			     "Comment=The personas of Helios as files\n"
			     "Exec=");
	add_command(out, login, false);
	buf_addstr(out, "Terminal=false\n"
			"NoDisplay=true\n"
			"X-systemd-skip=true\n"
			"X-GNOME-HiddenUnderSystemd=true\n");
}

/* -EEXIST when the file is there and a person's own. */
static int check_ours(int config, const struct file *file, struct helios_error *error)
{
	cleanup_fd int parent = open_parent(config, file, false);
	cleanup_buf struct buf text = {0};
	int err = parent < 0 ? parent : file_read(parent, file->name, LIMIT_OURS, &text, NULL);

	if (err == -ENOENT || (err == 0 && strncmp(buf_text(&text), MARK, strlen(MARK)) == 0))
		return 0;
	if (err < 0 && err != -EFBIG && err != -ELOOP && err != -EINVAL)
		return fail(error, err, file);
	return helios_fail(error, HELIOS_EXISTS, &(struct helios_place){.file = file->name},
			   "move it away, or keep mounting with it",
			   "%s/%s is not one that Helios wrote", file->directory, file->name);
}

/* Puts a file in place as a whole. */
static int put(int config, const struct file *file, const struct buf *text)
{
	cleanup_fd int parent = open_parent(config, file, true);
	char aside[64];
	int err = text->failed ? -ENOMEM : parent < 0 ? parent : 0;

	if (err < 0)
		return err;
	snprintf(aside, sizeof(aside), "%s.new", file->name);
	unlinkat(parent, aside, 0);
	err = file_create(parent, aside, text->data, text->length);
	if (err == 0 && renameat(parent, aside, parent, file->name) < 0)
		err = -errno;
	return err;
}

/* What 'systemctl --user enable' makes. */
static int put_wanted(int config)
{
	cleanup_fd int parent = open_parent(config, &wanted_link, true);

	if (parent < 0)
		return parent;
	if (unlinkat(parent, wanted_link.name, 0) < 0 && errno != ENOENT)
		return -errno;
	return symlinkat("../helios.service", parent, wanted_link.name) < 0 ? -errno : 0;
}

/* 1 when it was there, 0 when it was not, or a negative errno. */
static int drop(int config, const struct file *file)
{
	cleanup_fd int parent = open_parent(config, file, false);

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	if (unlinkat(parent, file->name, 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/* A systemd that is running for the user reads its units again; without one there is no need. */
static void reload_units(void)
{
	char program[] = "systemctl", user[] = "--user", quiet[] = "--quiet",
	     reload[] = "daemon-reload";
	char *argv[] = {program, user, quiet, reload, NULL};
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];

	if (!runtime)
		return;
	snprintf(path, sizeof(path), "%s/systemd/private", runtime);
	if (access(path, F_OK) == 0)
		child_run(argv);
}

/* Opens the configuration; the files in it that we would write are ours, or not there. */
static int open_ours(struct helios_error *error)
{
	int config = open_config();
	int err = config < 0 ? fail(error, config, &unit_file)
			     : check_ours(config, &unit_file, error);

	if (err == 0)
		err = check_ours(config, &entry_file, error);
	if (err == 0)
		return config;
	if (config >= 0)
		close(config);
	return err;
}

int login_install(const struct login *login, struct helios_error *error)
{
	cleanup_fd int config = open_ours(error);
	cleanup_buf struct buf unit = {0}, entry = {0};
	int err;

	if (config < 0)
		return config;
	add_unit(&unit, login);
	add_entry(&entry, login);
	err = put(config, &unit_file, &unit);
	if (err < 0)
		return fail(error, err, &unit_file);
	err = put_wanted(config);
	if (err < 0)
		return fail(error, err, &wanted_link);
	err = put(config, &entry_file, &entry);
	if (err < 0)
		return fail(error, err, &entry_file);
	reload_units();
	return 0;
}

int login_remove(bool *ret_removed, struct helios_error *error)
{
	static const struct file *const files[] = {&wanted_link, &unit_file, &entry_file};
	cleanup_fd int config = open_ours(error);

	*ret_removed = false;
	for (size_t i = 0; config >= 0 && i < ARRAY_SIZE(files); i++) {
		int err = drop(config, files[i]);

		if (err < 0)
			return fail(error, err, files[i]);
		*ret_removed = *ret_removed || err == 1;
	}
	if (*ret_removed)
		reload_units();
	return config < 0 ? config : 0;
}
