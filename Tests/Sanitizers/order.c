// Tells the thread sanitizer what Swift orders. Built and preloaded by scripts/sanitizers.
//
// Tasks: the runtime says where a job is handed from one thread to another, but only once the
// sanitizer has asked it to. It does so by a function that both define, and with the sanitizer in
// the executable its own is the one that runs. So it is asked here.
//
// Synchronization.Mutex: an uncontended lock is one atomic operation that the compiler puts into the
// caller, where the sanitizer sees it. A contended one is taken and given back inside
// libswiftSynchronization, which is not instrumented: the sanitizer would report a race for everything
// such a mutex guards. These functions stand in front of the library's three and add the order that
// they establish. Nothing is suppressed by that: what nothing orders is still reported.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// Of the sanitizer's runtime; absent in programs that are built without it.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

// Of libswiftCore: what libswift_Concurrency calls where a job changes threads.
extern bool _swift_tsan_enabled __attribute__((weak));
extern void (*_swift_tsan_acquire)(void *) __attribute__((weak));
extern void (*_swift_tsan_release)(void *) __attribute__((weak));

__attribute__((constructor)) static void begin(void) {
    if (!__tsan_acquire || !__tsan_release || !&_swift_tsan_enabled) return;
    _swift_tsan_acquire = __tsan_acquire;
    _swift_tsan_release = __tsan_release;
    _swift_tsan_enabled = true;
}

static void after(void *mutex) {
    if (__tsan_acquire) __tsan_acquire(mutex);
}

static void before(void *mutex) {
    if (__tsan_release) __tsan_release(mutex);
}

typedef SWIFT void Lock(uint32_t thread, SELF void *mutex);
typedef SWIFT bool TryLock(SELF void *mutex);
typedef SWIFT void Unlock(SELF void *mutex);

// Synchronization._MutexHandle._lockSlow(UInt32), ._tryLockSlow() and ._unlockSlow(), as mangled.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT bool try_lock(SELF void *mutex) __asm__(TRY_LOCK);
SWIFT void unlock(SELF void *mutex) __asm__(UNLOCK);

SWIFT void lock(uint32_t thread, SELF void *mutex) {
    ((Lock *)dlsym(RTLD_NEXT, LOCK))(thread, mutex);
    after(mutex);
}

SWIFT bool try_lock(SELF void *mutex) {
    bool taken = ((TryLock *)dlsym(RTLD_NEXT, TRY_LOCK))(mutex);
    if (taken) after(mutex);
    return taken;
}

SWIFT void unlock(SELF void *mutex) {
    before(mutex);
    ((Unlock *)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}
