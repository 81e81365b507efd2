/* The files of cli/login.h. */
#include "cli/login.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/child.h"

#define MARK "# Written by 'helios mount --at-login'; 'helios mount --no-login' removes it.\n"
#define UNIT "systemd/user/helios.service"
#define WANTED "systemd/user/default.target.wants/helios.service"
#define ENTRY "autostart/helios.desktop"
#define LIMIT_OURS 65536u /* bytes of one of our files */

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

static int fail(struct helios_error *error, int err, const char *path)
{
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
			"RestartSec=1\n"
			"\n"
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

/* 1 when the file is ours, 0 when there is none, -EEXIST when it is a person's own. */
static int is_ours(int config, const char *path)
{
	cleanup_buf struct buf text = {0};
	int err = file_read(config, path, LIMIT_OURS, &text, NULL);

	if (err == -ENOENT)
		return 0;
	if (err == -EFBIG || err == -ELOOP || err == -EINVAL)
		return -EEXIST;
	if (err < 0)
		return err;
	return strncmp(buf_text(&text), MARK, strlen(MARK)) == 0 ? 1 : -EEXIST;
}

/* Whether both files may be written or removed. */
static int check_ours(int config, struct helios_error *error)
{
	static const char *const files[] = {UNIT, ENTRY};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int err = is_ours(config, files[i]);

		if (err == -EEXIST)
			return helios_fail(error, HELIOS_EXISTS,
					   &(struct helios_place){.file = files[i]},
					   "move it away, or keep mounting with it",
					   "%s is not one that Helios wrote", files[i]);
		if (err < 0)
			return fail(error, err, files[i]);
	}
	return 0;
}

static int make_directories(int config)
{
	static const char *const directories[] = {"systemd", "systemd/user",
						  "systemd/user/default.target.wants", "autostart"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (mkdirat(config, directories[i], 0700) < 0 && errno != EEXIST)
			return -errno;
	return 0;
}

/* Puts a file in place as a whole. */
static int put(int config, const char *path, const struct buf *text)
{
	char aside[64];
	int err;

	if (text->failed)
		return -ENOMEM;
	snprintf(aside, sizeof(aside), "%s.new", path);
	unlinkat(config, aside, 0);
	err = file_create(config, aside, text->data, text->length);
	if (err == 0 && renameat(config, aside, config, path) < 0)
		err = -errno;
	return err;
}

static int put_wanted(int config)
{
	if (unlinkat(config, WANTED, 0) < 0 && errno != ENOENT)
		return -errno;
	return symlinkat("../helios.service", config, WANTED) < 0 ? -errno : 0;
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

int login_install(const struct login *login, struct helios_error *error)
{
	cleanup_fd int config = open_config();
	cleanup_buf struct buf unit = {0}, entry = {0};
	int err;

	if (config < 0)
		return fail(error, config, "~/.config");
	err = check_ours(config, error);
	if (err < 0)
		return err;
	add_unit(&unit, login);
	add_entry(&entry, login);
	err = make_directories(config);
	if (err == 0)
		err = put(config, UNIT, &unit);
	if (err == 0)
		err = put_wanted(config);
	if (err == 0)
		err = put(config, ENTRY, &entry);
	if (err < 0)
		return fail(error, err, "~/.config");
	reload_units();
	return 0;
}

int login_remove(bool *ret_removed, struct helios_error *error)
{
	static const char *const files[] = {WANTED, UNIT, ENTRY};
	cleanup_fd int config = open_config();
	int err;

	*ret_removed = false;
	if (config < 0)
		return fail(error, config, "~/.config");
	err = check_ours(config, error);
	if (err < 0)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (unlinkat(config, files[i], 0) == 0)
			*ret_removed = true;
		else if (errno != ENOENT)
			return fail(error, -errno, files[i]);
	}
	if (*ret_removed)
		reload_units();
	return 0;
}
