/* Directory listings; see fs/listing.h. */
#include "fs/listing.h"

#include <time.h>

#include "fs/away.h"
#include "fs/scratch.h"

struct kept {
	struct listing *listing;
	uint64_t generation, scratch, aways; /* at which it was made */
	bool given;			     /* by listing_get() */
	struct timespec changed;
};

struct listings {
	pthread_mutex_t mutex;
	struct kept kept[DIR_LAST + 1];
};

int listings_new(struct fs *fs)
{
	fs->listings = calloc(1, sizeof(*fs->listings));
	if (!fs->listings)
		return -ENOMEM;
	pthread_mutex_init(&fs->listings->mutex, NULL);
	for (int dir = 0; dir <= DIR_LAST; dir++)
		clock_gettime(CLOCK_REALTIME, &fs->listings->kept[dir].changed);
	return 0;
}

void listing_unref(struct listing *listing)
{
	if (!listing || atomic_fetch_sub(&listing->refs, 1) > 1)
		return;
	for (size_t i = 0; i < listing->count; i++)
		free(listing->files[i]);
	free(listing->files);
	free(listing);
}

void listings_free(struct fs *fs)
{
	if (!fs->listings)
		return;
	for (int dir = 0; dir <= DIR_LAST; dir++)
		listing_unref(fs->listings->kept[dir].listing);
	pthread_mutex_destroy(&fs->listings->mutex);
	free(fs->listings);
	fs->listings = NULL;
}

struct listing *listing_new(void)
{
	struct listing *listing = calloc(1, sizeof(*listing));

	if (listing)
		atomic_init(&listing->refs, 1);
	return listing;
}

int listing_add(struct listing *listing, const char *file)
{
	size_t room = listing->count ? listing->count : 1;

	if ((listing->count & (listing->count - 1)) == 0) { /* grows at powers of two */
		char **grown = realloc(listing->files, 2 * room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		listing->files = grown;
	}
	listing->files[listing->count] = strdup(file);
	if (!listing->files[listing->count])
		return -ENOMEM;
	listing->count++;
	return 0;
}

static int add(void *listing, const char *file)
{
	return listing_add(listing, file);
}

static int add_documents(struct fs *fs, enum fs_dir dir, struct listing *listing)
{
	struct helios_names names = {0};
	int err = helios_names(fs->home, kind_of(dir), &names, NULL);

	for (size_t i = 0; err == 0 && i < names.count; i++) {
		char file[256];
		struct name name;

		snprintf(file, sizeof(file), "%s%s", names.entries[i], dir_suffix(dir));
		name = name_parse(dir, file);
		if (!away_hides(fs, &name))
			err = listing_add(listing, file);
	}
	helios_names_free(&names);
	return err;
}

static int add_root(struct fs *fs, struct listing *listing)
{
	cleanup_free char *active = NULL;
	int err = listing_add(listing, "status.yaml");

	for (int dir = DIR_PERSONAS; dir <= DIR_LAST && err == 0; dir++)
		err = listing_add(listing, dir_name((enum fs_dir)dir));
	if (err < 0 || helios_active(fs->home, &active, NULL) < 0 || !active)
		return err;
	err = listing_add(listing, "active.yaml");
	return err < 0 ? err : listing_add(listing, "active.md");
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int make(struct fs *fs, enum fs_dir dir, struct listing **ret)
{
	struct listing *listing = listing_new();
	int err;

	if (!listing)
		return -ENOMEM;
	err = dir == DIR_ROOT ? add_root(fs, listing) : add_documents(fs, dir, listing);
	if (err == 0 && dir_is_writable(dir))
		err = scratch_list(fs, dir, add, listing);
	if (err < 0) {
		listing_unref(listing);
		return err;
	}
	if (listing->count)
		qsort(listing->files, listing->count, sizeof(*listing->files), compare_files);
	*ret = listing;
	return 0;
}

static bool equal(const struct listing *a, const struct listing *b)
{
	if (!a || !b || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!streq(a->files[i], b->files[i]))
			return false;
	return true;
}

/* Whether what a listing is made from is what it was made from. */
static bool is_fresh(const struct kept *kept, const struct kept *now, enum fs_dir dir)
{
	return (dir_is_writable(dir) || dir_lists_personas(dir)) && kept->listing &&
	       kept->generation == now->generation && kept->scratch == now->scratch &&
	       kept->aways == now->aways;
}

/* Keeps the listing unless it says what the kept one says; whether it differs. */
static bool keep(struct kept *kept, struct kept *now, struct listing *listing)
{
	bool differs = !equal(kept->listing, listing);

	if (differs) {
		if (kept->listing) /* who looks for the first time changes nothing */
			clock_gettime(CLOCK_REALTIME, &kept->changed);
		listing_unref(kept->listing);
		kept->listing = listing;
		kept->given = false;
	} else {
		listing_unref(listing);
	}
	kept->generation = now->generation;
	kept->scratch = now->scratch;
	kept->aways = now->aways;
	return differs;
}

static int update(struct fs *fs, enum fs_dir dir, bool *ret_changed)
{
	struct kept *kept = &fs->listings->kept[dir];
	struct kept now = {
		.generation = helios_generation(fs->home),
		.scratch = scratch_changes(fs),
		.aways = away_changes(fs),
	};
	struct listing *listing = NULL;
	bool fresh;
	int err;

	*ret_changed = false;
	pthread_mutex_lock(&fs->listings->mutex);
	fresh = is_fresh(kept, &now, dir);
	pthread_mutex_unlock(&fs->listings->mutex);
	if (fresh)
		return 0;
	err = make(fs, dir, &listing);
	if (err < 0)
		return err;
	pthread_mutex_lock(&fs->listings->mutex);
	*ret_changed = keep(kept, &now, listing);
	pthread_mutex_unlock(&fs->listings->mutex);
	return 0;
}

int listing_get(struct fs *fs, enum fs_dir dir, struct listing **ret, bool *ret_same)
{
	struct kept *kept = &fs->listings->kept[dir];
	bool changed;
	int err = update(fs, dir, &changed);

	if (err < 0)
		return err;
	pthread_mutex_lock(&fs->listings->mutex);
	atomic_fetch_add(&kept->listing->refs, 1);
	*ret = kept->listing;
	*ret_same = kept->given;
	kept->given = true;
	pthread_mutex_unlock(&fs->listings->mutex);
	return 0;
}

bool listing_has(struct fs *fs, enum fs_dir dir, const char *file)
{
	struct kept *kept = &fs->listings->kept[dir];
	bool changed, has = false;

	if (update(fs, dir, &changed) < 0)
		return false;
	pthread_mutex_lock(&fs->listings->mutex);
	if (kept->listing->count)
		has = bsearch(&file, kept->listing->files, kept->listing->count,
			      sizeof(*kept->listing->files), compare_files);
	pthread_mutex_unlock(&fs->listings->mutex);
	return has;
}

bool listing_refresh(struct fs *fs, enum fs_dir dir)
{
	bool changed = false;

	return update(fs, dir, &changed) == 0 && changed;
}

struct timespec listing_changed(struct fs *fs, enum fs_dir dir)
{
	struct timespec changed;

	pthread_mutex_lock(&fs->listings->mutex);
	changed = fs->listings->kept[dir].changed;
	pthread_mutex_unlock(&fs->listings->mutex);
	return changed;
}
