// A client that costs next to nothing: a thread a connection, blocking sockets, one request at a time.
//   caller one   PORT CONNECTIONS COUNT BODY   image requests
//   caller apart PORT CONNECTIONS COUNT BODY   the same, each connection a little later than the one before
//   caller three PORT CONNECTIONS COUNT BODY   the three upstream calls of one, made by hand
// COUNT is for all connections together. Prints: answered, failed, seconds, body bytes, then p50, p90,
// p99 and the longest in microseconds; with `apart` a line for each request as well: fal's id of its job, and
// when the last byte of its answer was here, in nanoseconds since 1970.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 20 };

static int port, isThree, isApart, count;
// Jobs that take equally long do not end together when their clients begin so far apart.
enum { MICROSECONDS_APART = 53 * 1000 };
static char *body;
static atomic_int taken, answered, failed;
static atomic_llong bytes;
static uint32_t *latencies;
static struct end { char id[64]; uint64_t at; } *ends;

static uint64_t read_clock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t now(void) { return read_clock(CLOCK_MONOTONIC); }

static void noteEnd(struct end *end, const char *answer) {
    end->at = read_clock(CLOCK_REALTIME);
    char *found = strcasestr(answer, "x-fal-request-id: ");
    if (!found || sscanf(found + 18, "%63[^\r]", end->id) != 1) strcpy(end->id, "-");
}

static int opened(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) { perror("connect"); exit(1); }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

// Sends a request and reads its answer, of which the first megabyte is left in `buffer`.
// Returns the status, or 0 when the connection is of no more use.
static int call(int fd, const char *request, size_t length, char *buffer) {
    if (send(fd, request, length, MSG_NOSIGNAL) != (ssize_t)length) return 0;
    size_t held = 0;
    char *end = NULL;
    while (!end) {
        ssize_t got = recv(fd, buffer + held, BUFFER - 1 - held, 0);
        if (got <= 0) return 0;
        held += (size_t)got;
        buffer[held] = 0;
        end = strstr(buffer, "\r\n\r\n");
    }
    char *field = strcasestr(buffer, "content-length:");
    if (!field || field > end) { fprintf(stderr, "an answer without length\n"); exit(1); }
    long long total = atoll(field + 15), left = total - (long long)(buffer + held - (end + 4));
    size_t kept = held;
    while (left > 0) {
        // What does not fit is read over the second half of the buffer, again and again.
        size_t at = kept < BUFFER / 2 ? kept : BUFFER / 2;
        ssize_t got = recv(fd, buffer + at, BUFFER - 1 - at, 0);
        if (got <= 0) return 0;
        if (kept < BUFFER / 2) { kept += (size_t)got; buffer[kept] = 0; }
        left -= got;
    }
    atomic_fetch_add(&bytes, total);
    return atoi(buffer + 9);
}

static int callThree(int fd, char *buffer) {
    char request[8192], path[512];
    const char *form = "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Key test-key-id:test-key-secret\r\n"
                       "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s";
    int n = snprintf(request, sizeof request, form, "POST", "/fal-ai/flux/schnell", strlen(body), body);
    if (call(fd, request, (size_t)n, buffer) != 200) return 0;
    char id[64] = "";
    char *found = strstr(buffer, "\"request_id\":\"");
    if (!found || sscanf(found + 14, "%63[^\"]", id) != 1) return 0;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "/fal-ai/flux/requests/%s%s", id, i ? "" : "/status");
        n = snprintf(request, sizeof request, form, "GET", path, (size_t)0, "");
        if (call(fd, request, (size_t)n, buffer) != 200) return 0;
    }
    return 200;
}

static void *run(void *number) {
    if (isApart) usleep((useconds_t)(intptr_t)number * MICROSECONDS_APART);
    char *buffer = malloc(BUFFER), request[8192];
    int fd = opened();
    int length = snprintf(request, sizeof request,
        "POST /v1/images/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-1234\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    for (int i; (i = atomic_fetch_add(&taken, 1)) < count;) {
        uint64_t start = now();
        int status = isThree ? callThree(fd, buffer) : call(fd, request, (size_t)length, buffer);
        latencies[i] = (uint32_t)((now() - start) / 1000);
        if (isApart) noteEnd(&ends[i], buffer);
        if (status == 200) { atomic_fetch_add(&answered, 1); continue; }
        if (atomic_fetch_add(&failed, 1) == 0) fprintf(stderr, "status %d: %.300s\n", status, buffer);
        close(fd);
        fd = opened();
    }
    close(fd);
    return NULL;
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    isThree = strcmp(argv[1], "three") == 0;
    isApart = strcmp(argv[1], "apart") == 0;
    port = atoi(argv[2]);
    int connections = atoi(argv[3]);
    count = atoi(argv[4]);
    body = argv[5];
    latencies = calloc((size_t)count + 1, sizeof *latencies);
    ends = calloc((size_t)count + 1, sizeof *ends);
    pthread_t threads[connections];
    uint64_t start = now();
    for (int i = 0; i < connections; i++) pthread_create(&threads[i], NULL, run, (void *)(intptr_t)i);
    for (int i = 0; i < connections; i++) pthread_join(threads[i], NULL);
    double seconds = (double)(now() - start) / 1e9;
    qsort(latencies, (size_t)count, sizeof *latencies, ascending);
    int last = count - 1;
    printf("%d %d %.6f %lld %u %u %u %u\n", answered, failed, seconds, (long long)bytes, latencies[last / 2],
        latencies[last * 90 / 100], latencies[last * 99 / 100], latencies[last]);
    for (int i = 0; isApart && i < count; i++) printf("%s %llu\n", ends[i].id, (unsigned long long)ends[i].at);
    return 0;
}
