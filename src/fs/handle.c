/* Open files; see fs/handle.h. All are in one list, for the day the view goes with files open. */
#include "fs/handle.h"

#include "fs/draft.h"
#include "fs/scratch.h"

struct handles {
	pthread_mutex_t mutex;
	struct handle head;
};

int handles_new(struct fs *fs)
{
	struct handles *handles = calloc(1, sizeof(*handles));

	fs->handles = handles;
	if (!handles)
		return -ENOMEM;
	pthread_mutex_init(&handles->mutex, NULL);
	handles->head.prev = handles->head.next = &handles->head;
	return 0;
}

void handles_free(struct fs *fs)
{
	struct handles *handles = fs->handles;

	if (!handles)
		return;
	while (handles->head.next != &handles->head)
		handle_free(handles->head.next);
	pthread_mutex_destroy(&handles->mutex);
	free(handles);
	fs->handles = NULL;
}

struct handle *handle_new(struct fs *fs, struct inode *node, struct listing *listing)
{
	struct handles *handles = fs->handles;
	struct handle *handle = calloc(1, sizeof(*handle));

	if (!handle)
		return NULL;
	handle->fs = fs;
	handle->node = inode_ref(node);
	atomic_fetch_add(&node->opens, 1);
	handle->listing = listing;
	pthread_mutex_lock(&handles->mutex);
	handle->prev = &handles->head;
	handle->next = handles->head.next;
	handle->next->prev = handle->prev->next = handle;
	pthread_mutex_unlock(&handles->mutex);
	return handle;
}

void handle_free(struct handle *handle)
{
	struct handles *handles = handle->fs->handles;

	pthread_mutex_lock(&handles->mutex);
	handle->next->prev = handle->prev;
	handle->prev->next = handle->next;
	pthread_mutex_unlock(&handles->mutex);
	atomic_fetch_sub(&handle->node->opens, 1);
	if (handle->node->type == INODE_SCRATCH)
		scratch_close(handle->node);
	if (handle->node->draft)
		atomic_fetch_sub(&handle->node->draft->opens, 1);
	inode_put(handle->node);
	listing_unref(handle->listing);
	helios_text_unref(handle->text);
	free(handle);
}
