/*
 * A disk that can lose its power, or fail, under a program that does not know it (LD_PRELOAD).
 *
 * Files below DISK_DIRECTORY are watched. Before anything about them changes, what it was is noted in DISK_JOURNAL; after a
 * successful sync it is noted that it is safe. Whoever reads the journal can undo what was never synced (power_cut.ts).
 *
 * DISK_FAIL=sync:17:EIO lets the 17th sync of a watched file fail, write:17:ENOSPC the 17th write, counted from the moment at which
 * the file DISK_ARM exists; one that failed fails from then on, as a disk does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 65536

enum kind { OPENED = 1, WROTE, CUT, SYNCED, CREATED, RENAMED };

/* All integers little-endian, as the machine has them; two texts, then bytes, follow. */
struct record {
  uint32_t kind, from_length, to_length, byte_count;
  uint64_t inode, offset, length, size;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *directory;
static int journal = -1;
/* The inode behind each, or 0: not everybody says when he closes one, and its number may be a socket's by then. */
static ino_t watched[FDS];
static const char *arm;
static char fail_kind;
static long fail_at;
static int fail_errno;
static int failing;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_mkdir)(const char *, mode_t);
static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);

__attribute__((constructor)) static void begin(void) {
  real_pread = REAL(pread);
  real_pwrite = REAL(pwrite);
  real_write = REAL(write);
  real_writev = REAL(writev);
  real_ftruncate = REAL(ftruncate);
  real_fsync = REAL(fsync);
  real_fdatasync = REAL(fdatasync);
  real_rename = REAL(rename);
  real_mkdir = REAL(mkdir);
  real_open = REAL(open);
  real_openat = REAL(openat);
  real_close = REAL(close);
  directory = getenv("DISK_DIRECTORY");
  const char *path = getenv("DISK_JOURNAL");
  if (path) journal = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  arm = getenv("DISK_ARM");
  const char *fail = getenv("DISK_FAIL");
  char name[16] = "", error[16] = "";
  if (fail && sscanf(fail, "%15[a-z]:%ld:%15[A-Z]", name, &fail_at, error) == 3) {
    fail_kind = name[0];
    fail_errno = strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
  }
}

static int below(const char *path) {
  size_t length = directory ? strlen(directory) : 0;
  return length > 0 && strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int is_watched(int fd) {
  struct stat now;
  return fd >= 0 && fd < FDS && watched[fd] && fstat(fd, &now) == 0 && now.st_ino == watched[fd];
}

static void note(struct record head, const char *from, const char *to, const void *bytes) {
  if (journal < 0) return;
  head.from_length = from ? strlen(from) : 0;
  head.to_length = to ? strlen(to) : 0;
  struct iovec parts[] = {
    {&head, sizeof head}, {(void *)from, head.from_length}, {(void *)to, head.to_length}, {(void *)bytes, head.byte_count},
  };
  if (real_writev(journal, parts, 4) < 0) abort();
}

/* The bytes from `offset` that a change of `length` bytes takes the place of. */
static void note_bytes(enum kind kind, int fd, off_t offset, size_t length) {
  struct stat was;
  if (fstat(fd, &was) != 0 || !S_ISREG(was.st_mode)) return;
  char *bytes = malloc(length + 1);
  ssize_t there = offset < was.st_size ? real_pread(fd, bytes, length, offset) : 0;
  struct record head = {.kind = kind, .inode = was.st_ino, .offset = offset, .length = length, .size = was.st_size};
  head.byte_count = there > 0 ? there : 0;
  note(head, NULL, NULL, bytes);
  free(bytes);
}

static void note_synced(int fd) {
  struct stat now;
  char link[64], path[4096];
  if (fstat(fd, &now) != 0) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length > 0 ? length : 0] = 0;
  struct record head = {.kind = SYNCED, .inode = now.st_ino};
  note(head, path, NULL, NULL);
}

/* Whether this call is the one to fail, or comes after it. */
static int fails(char kind) {
  if (kind != fail_kind || (arm && access(arm, F_OK) != 0)) return 0;
  if (!failing && --fail_at > 0) return 0;
  if (!failing) dprintf(2, "disk: the %s fails\n", kind == 's' ? "sync" : "write");
  failing = 1;
  errno = fail_errno;
  return 1;
}

#define LOCKED(...) do { pthread_mutex_lock(&turn); __VA_ARGS__; pthread_mutex_unlock(&turn); } while (0)

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  if (!is_watched(fd)) return real_pwrite(fd, bytes, length, offset);
  ssize_t done = -1;
  LOCKED(if (!fails('w')) { note_bytes(WROTE, fd, offset, length); done = real_pwrite(fd, bytes, length, offset); });
  return done;
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) { return pwrite(fd, bytes, length, offset); }

static off_t place_of(int fd) {
  struct stat now;
  if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &now) == 0) return now.st_size;
  return lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  if (!is_watched(fd)) return real_write(fd, bytes, length);
  ssize_t done = -1;
  LOCKED(if (!fails('w')) { note_bytes(WROTE, fd, place_of(fd), length); done = real_write(fd, bytes, length); });
  return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (!is_watched(fd)) return real_writev(fd, parts, count);
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  ssize_t done = -1;
  LOCKED(if (!fails('w')) { note_bytes(WROTE, fd, place_of(fd), length); done = real_writev(fd, parts, count); });
  return done;
}

int ftruncate(int fd, off_t size) {
  if (!is_watched(fd)) return real_ftruncate(fd, size);
  struct stat was;
  int done;
  LOCKED({
    if (fstat(fd, &was) == 0) note_bytes(CUT, fd, size < was.st_size ? size : was.st_size, size < was.st_size ? was.st_size - size : 0);
    done = real_ftruncate(fd, size);
  });
  return done;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

static int synced(int fd, int (*sync)(int)) {
  if (!is_watched(fd)) return sync(fd);
  int done = -1;
  LOCKED(if (!fails('s') && (done = sync(fd)) == 0) note_synced(fd));
  return done;
}
int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int rename(const char *from, const char *to) {
  if (!below(to)) return real_rename(from, to);
  struct stat file;
  int done;
  LOCKED({
    struct record head = {.kind = RENAMED, .inode = stat(from, &file) == 0 ? file.st_ino : 0, .size = access(to, F_OK) == 0};
    note(head, from, to, NULL);
    done = real_rename(from, to);
  });
  return done;
}

int mkdir(const char *path, mode_t mode) {
  struct stat folder;
  int done = real_mkdir(path, mode);
  if (done == 0 && below(path) && stat(path, &folder) == 0) {
    struct record head = {.kind = CREATED, .inode = folder.st_ino};
    LOCKED(note(head, path, NULL, NULL));
  }
  return done;
}

static int opened(int fd, const char *path, int existed) {
  if (fd < 0 || fd >= FDS || !below(path)) return fd;
  struct stat file;
  if (fstat(fd, &file) == 0) {
    struct record head = {.kind = existed ? OPENED : CREATED, .inode = file.st_ino};
    LOCKED({ watched[fd] = file.st_ino; note(head, path, NULL, NULL); });
  }
  return fd;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, int); va_end(rest); }

int open(const char *path, int flags, ...) {
  MODE(flags)
  int existed = !(flags & O_CREAT) || !below(path) || access(path, F_OK) == 0;
  return opened(real_open(path, flags, mode), path, existed);
}
int open64(const char *path, int flags, ...) { MODE(flags) return open(path, flags, mode); }

int openat(int at, const char *path, int flags, ...) {
  MODE(flags)
  int existed = !(flags & O_CREAT) || !below(path) || access(path, F_OK) == 0;
  return opened(real_openat(at, path, flags, mode), path, existed);
}
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return openat(at, path, flags, mode); }

int close(int fd) {
  if (fd >= 0 && fd < FDS) watched[fd] = 0;
  return real_close(fd);
}
