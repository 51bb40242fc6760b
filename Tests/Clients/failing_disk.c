// Lets writes to the disk fail while the file "disk-fails" lies in the process's folder, and reads while "reads-fail"
// does: with the errno that it holds as a number. test_faults.py loads it into the gateway with LD_PRELOAD, for a file system that a process
// writes to cannot be made read-only under it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails_as(const char *name, int file) {
    struct stat facts;
    if (fstat(file, &facts) || !S_ISREG(facts.st_mode)) return 0;
    int switched = open(name, O_RDONLY | O_CLOEXEC);
    if (switched < 0) return 0;
    char text[16] = "";
    int number = 0;
    if (read(switched, text, sizeof text - 1) > 0) sscanf(text, "%d", &number);
    close(switched);
    errno = number;
    return number != 0;
}
static int fails(int file) { return fails_as("disk-fails", file); }

ssize_t pread(int file, void *bytes, size_t count, off_t at) {
    return fails_as("reads-fail", file) ? -1 : syscall(SYS_pread64, file, bytes, count, at);
}
ssize_t pread64(int file, void *bytes, size_t count, off64_t at) { return pread(file, bytes, count, at); }

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    return fails(file) ? -1 : syscall(SYS_pwrite64, file, bytes, count, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) { return pwrite(file, bytes, count, at); }
int fsync(int file) { return fails(file) ? -1 : (int)syscall(SYS_fsync, file); }
int fdatasync(int file) { return fails(file) ? -1 : (int)syscall(SYS_fdatasync, file); }
int ftruncate(int file, off_t size) { return fails(file) ? -1 : (int)syscall(SYS_ftruncate, file, size); }
int ftruncate64(int file, off64_t size) { return ftruncate(file, size); }
