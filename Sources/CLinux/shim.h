#ifndef FALGATE_CLINUX_SHIM_H
#define FALGATE_CLINUX_SHIM_H
/* What Swift's Glibc module leaves out. _GNU_SOURCE must stay undefined here: it turns the
   sockaddr parameters of bind, connect and accept into a transparent union that Swift cannot
   pass a pointer to. What hides behind it is therefore declared by hand. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern int pthread_setname_np(pthread_t, const char *);

/* The calling thread no longer interrupts another when it is woken: SCHED_BATCH of sched(7), whose name
   _GNU_SOURCE hides. For threads that serve the event loops. Where cores are scarce they would stop a loop
   for every request, and write one row, or one line, where they could write many. */
static inline void clinux_be_background_thread(void) {
  struct sched_param none = {0};
  sched_setscheduler(0, 3, &none);
}

/* What tcp(7) calls SIOCOUTQ; 0 where it cannot be had. Swift cannot call variadic functions. */
static inline int clinux_unacknowledged_bytes(int socket) {
  int count = 0;
  return ioctl(socket, TIOCOUTQ, &count) == 0 ? count : 0;
}

/* errno is a macro over a function call: Swift cannot import it. */
static inline int clinux_errno(void) { return errno; }
#endif
