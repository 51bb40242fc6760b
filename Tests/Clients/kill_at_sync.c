// Makes a sync to the disk the last thing that its process does. scripts/torture loads it into the gateway with
// LD_PRELOAD: each of the gateway's durable steps can be its end, without a line for it in the gateway.
//
//   KILL_AT=3 KILL_STEP=done    killed when the third sync is over: the step is durable, and nobody knows yet
//   KILL_AT=3 KILL_STEP=lost    killed instead of the third sync, and what was appended to the file since the one
//                               before is gone, as after a power failure. The disk is slow before that: whoever
//                               does not wait for it has time to do what he should not
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// How long each file was when it was last known to be on the disk.
#define MOST_FILES 256
static struct { ino_t inode; off_t size; } durable[MOST_FILES];
static int files;

static off_t *durable_size(ino_t inode) {
    for (int i = 0; i < files; i++)
        if (durable[i].inode == inode) return &durable[i].size;
    if (files == MOST_FILES) abort();
    durable[files].inode = inode;
    return &durable[files++].size;
}

// What the processes before have left is on the disk.
__attribute__((constructor)) static void look_around(void) {
    DIR *folder = opendir(".");
    struct dirent *entry;
    struct stat facts;
    while (folder && (entry = readdir(folder)))
        if (stat(entry->d_name, &facts) == 0 && S_ISREG(facts.st_mode)) *durable_size(facts.st_ino) = facts.st_size;
    if (folder) closedir(folder);
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static int sync_or_die(long call, int file) {
    static atomic_long syncs;
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    const char *at = getenv("KILL_AT"), *step = getenv("KILL_STEP");
    int is_last = at && atomic_fetch_add(&syncs, 1) + 1 == atol(at);
    while (atomic_flag_test_and_set(&busy)) usleep(100);
    struct stat facts;
    int is_file = fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
    if (is_last && step && strcmp(step, "lost") == 0) {
        usleep(300 * 1000);
        if (is_file && *durable_size(facts.st_ino) < facts.st_size && ftruncate(file, *durable_size(facts.st_ino))) abort();
        die();
    }
    int result = (int)syscall(call, file);
    if (is_last) die();
    if (is_file && result == 0) *durable_size(facts.st_ino) = facts.st_size;
    atomic_flag_clear(&busy);
    return result;
}

int fsync(int file) { return sync_or_die(SYS_fsync, file); }
int fdatasync(int file) { return sync_or_die(SYS_fdatasync, file); }
