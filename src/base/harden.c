/*
 * The giving up of base/harden.h: a filter of system calls, written by hand, which denies a few;
 * and Landlock, by its system calls, for which the C library has no names.
 */
#include "base/harden.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef __SANITIZE_ADDRESS__ /* gcc's word */
#define SANITIZED true
#else
#define SANITIZED false
#endif

static void forbid_dumps(void)
{
	const struct rlimit none = {0};

	setrlimit(RLIMIT_CORE, &none);
	/* that does not hold for dumps which go to a program */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#ifdef OUR_ARCH
#define LOAD(member)                                                                               \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, member))
#define DENY BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define DENY_CALL(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), DENY

static void filter_calls(void)
{
	static const struct sock_filter filter[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
		DENY, /* another machine's numbers mean other calls */
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		DENY, /* x32, likewise */
		DENY_CALL(execve),
		DENY_CALL(execveat),
		DENY_CALL(ptrace),
		DENY_CALL(process_vm_readv),
		DENY_CALL(process_vm_writev),
		DENY_CALL(bpf),
		DENY_CALL(userfaultfd),
		DENY_CALL(perf_event_open),
		DENY_CALL(io_uring_setup),
		DENY_CALL(open_by_handle_at),
		DENY_CALL(init_module),
		DENY_CALL(finit_module),
		DENY_CALL(kexec_load),
		DENY_CALL(keyctl),
		DENY_CALL(add_key),
		DENY_CALL(request_key),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		LOAD(args[0]), /* the lower half, on what is built here */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
		DENY,
		ALLOW,
	};
	const struct sock_fprog program = {ARRAY_SIZE(filter), (struct sock_filter *)filter};

	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}
#else
static void filter_calls(void)
{
}
#endif

/*
 * The limits that tests of ten thousand personas never come near. Not the count of processes, which
 * is the user's, nor of memory: address space is reserved by threads' stacks and arenas, and a
 * large home may need what a small one does not.
 */
static void limit_resources(void)
{
	static const int unneeded[] = {RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO};
	const struct rlimit none = {0};
	struct rlimit files;

	for (size_t i = 0; i < ARRAY_SIZE(unneeded); i++)
		setrlimit((__rlimit_resource_t)unneeded[i], &none);
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_max = files.rlim_cur; /* what it began with is enough: nothing raises it */
	setrlimit(RLIMIT_NOFILE, &files);
}

void harden_process(void)
{
	if (SANITIZED)
		return;
	forbid_dumps();
	limit_resources();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		filter_calls();
}

/* ---- files */

#ifndef LANDLOCK_ACCESS_FS_REFER /* newer than some kernels' headers, as is the next */
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* What may be made may be moved: odd files are set aside in the home, too. */
#define CHANGE                                                                                     \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                           \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |                            \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |                               \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER |  \
	 LANDLOCK_ACCESS_FS_TRUNCATE)
#define NEVER                                                                                      \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

#define FILE_ONLY (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

/* For the facts of store/process.h, the mounts, local time, and what the C library loads late. */
static const char *const readable[] = {
	"/proc", "/etc/localtime", "/etc/ld.so.cache", "/usr", "/lib", "/lib64",
};

static atomic_bool has_files;

/* What this kernel can forbid; 0 when it has no Landlock, or has it switched off. */
static uint64_t known_accesses(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t known = READ | CHANGE | NEVER;

	if (version < 2) /* the first cannot allow renaming from one directory to another */
		return 0;
	return version < 3 ? known & ~LANDLOCK_ACCESS_FS_TRUNCATE : known;
}

/* 0 or a negative errno. */
static int allow(int rules, const char *path, uint64_t accesses)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {.allowed_access = accesses, .parent_fd = fd};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FILE_ONLY;
	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0
		       ? -errno
		       : 0;
}

void harden_files(const char *home, const char *also)
{
	const struct landlock_ruleset_attr handled = {.handled_access_fs = known_accesses()};
	cleanup_fd int rules = -1;

	if (SANITIZED || !handled.handled_access_fs)
		return;
	rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (rules < 0 || allow(rules, home, handled.handled_access_fs & ~NEVER) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(readable); i++)
		allow(rules, readable[i], READ); /* what is not there is not needed */
	if (also && *also)
		allow(rules, also, LANDLOCK_ACCESS_FS_READ_FILE);
	allow(rules, "/dev/null", FILE_ONLY);
	if (syscall(SYS_landlock_restrict_self, rules, 0) == 0)
		atomic_store(&has_files, true);
}

void harden_from_reading(void)
{
	const struct landlock_ruleset_attr handled = {.handled_access_fs = READ};
	cleanup_fd int rules = -1;

	if (SANITIZED || !known_accesses() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return;
	rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (rules >= 0)
		syscall(SYS_landlock_restrict_self, rules, 0);
}

bool harden_has_files(void)
{
	return atomic_load(&has_files);
}
