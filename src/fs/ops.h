/* The requests of the kernel, by kind; the table of them is in ops.c. */
#pragma once

#include "fs/inode.h"

extern const struct fuse_lowlevel_ops fs_ops;

/* The node a name leads to for the thread tid, with a reference. */
int find_node(struct fs *fs, pid_t tid, const struct name *name, struct inode **ret);

/* ops_file.c */
void op_open(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file);
void op_create(fuse_req_t req, fuse_ino_t parent, const char *file, mode_t mode,
	       struct fuse_file_info *info);
void op_read(fuse_req_t req, fuse_ino_t id, size_t size, off_t offset, struct fuse_file_info *file);
void op_write(fuse_req_t req, fuse_ino_t id, const char *bytes, size_t size, off_t offset,
	      struct fuse_file_info *file);
void op_flush(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file);
void op_fsync(fuse_req_t req, fuse_ino_t id, int datasync, struct fuse_file_info *file);
void op_release(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file);

/* ops_dir.c */
void op_opendir(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file);
void op_readdir(fuse_req_t req, fuse_ino_t id, size_t size, off_t offset,
		struct fuse_file_info *file);
void op_readdirplus(fuse_req_t req, fuse_ino_t id, size_t size, off_t offset,
		    struct fuse_file_info *file);
void op_releasedir(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file);

/* ops_name.c */
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device);
void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void op_link(fuse_req_t req, fuse_ino_t id, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *file);
void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *file);

/* ops_rename.c */
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *file, fuse_ino_t new_parent,
	       const char *new_file, unsigned flags);

/* ops_attr.c */
void op_getattr(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file);
void op_setattr(fuse_req_t req, fuse_ino_t id, struct stat *wanted, int which,
		struct fuse_file_info *file);
void op_statfs(fuse_req_t req, fuse_ino_t id);
void op_setxattr(fuse_req_t req, fuse_ino_t id, const char *name, const char *value, size_t size,
		 int flags);
void op_getxattr(fuse_req_t req, fuse_ino_t id, const char *name, size_t size);
void op_listxattr(fuse_req_t req, fuse_ino_t id, size_t size);
void op_removexattr(fuse_req_t req, fuse_ino_t id, const char *name);

/* locks.c */
void op_getlk(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file, struct flock *lock);
void op_setlk(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file, struct flock *lock,
	      int sleep);
void op_flock(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file, int operation);
