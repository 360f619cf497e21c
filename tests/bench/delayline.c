/* A line between two network namespaces: every packet is held back for half the round trip, and no
 * more bits a second pass than the line has.
 *
 *     delayline NAMESPACE_A NAMESPACE_B DEVICE DELAY_US BITS_PER_S CAPTURE
 *
 * A TUN device named DEVICE is made in each of the namespaces (paths below /run/netns; the caller
 * gives them addresses). BITS_PER_S 0: any number. CAPTURE is a file for what A sends and gets, as
 * tcpdump writes it, with the times at A; "-": none. Says "ready" and runs until its standard input
 * ends. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKET_MAX = 2048, QUEUE_MAX = 16384 };

struct packet {
    int64_t due; /* ns */
    size_t len;
    unsigned char bytes[PACKET_MAX];
};

/* One direction. A full queue drops what comes, as a router does. */
struct lane {
    int from, to;
    int64_t free_at; /* when the last packet is wholly on the line */
    size_t head, n;
    struct packet *queue;
    bool outward; /* from A */
};

static int64_t delay, bits_per_s;
static FILE *capture;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

static void enter(const char *namespace)
{
    char path[128];
    snprintf(path, sizeof path, "/run/netns/%s", namespace);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
        die(path);
    close(fd);
}

static int make_device(const char *namespace, const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    enter(namespace);
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        die("/dev/net/tun");
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(fd, TUNSETIFF, &request) < 0)
        die(name);
    return fd;
}

/* The format of libpcap, "raw IP" (link type 101). */
static void begin_capture(const char *path)
{
    static const uint32_t header[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 101};
    if (strcmp(path, "-") == 0)
        return;
    capture = fopen(path, "wb");
    if (!capture)
        die(path);
    fwrite(header, sizeof header, 1, capture);
}

static void note(const struct packet *p, int64_t at)
{
    uint32_t head[] = {(uint32_t) (at / 1000000000), (uint32_t) (at / 1000 % 1000000),
                       (uint32_t) p->len, (uint32_t) p->len};
    if (!capture)
        return;
    fwrite(head, sizeof head, 1, capture);
    fwrite(p->bytes, p->len, 1, capture);
}

static void take(struct lane *l)
{
    static unsigned char excess[PACKET_MAX];
    for (;;) {
        bool full = l->n == QUEUE_MAX;
        struct packet *p = &l->queue[(l->head + l->n) % QUEUE_MAX];
        ssize_t got = read(l->from, full ? excess : p->bytes, PACKET_MAX);
        if (got <= 0)
            return;
        if (full)
            continue;
        int64_t at = now();
        p->len = (size_t) got;
        if (l->outward)
            note(p, at);
        if (l->free_at < at)
            l->free_at = at;
        if (bits_per_s)
            l->free_at += (int64_t) got * 8 * 1000000000 / bits_per_s;
        p->due = l->free_at + delay;
        l->n++;
    }
}

static void deliver(struct lane *l)
{
    while (l->n && l->queue[l->head].due <= now()) {
        struct packet *p = &l->queue[l->head];
        if (!l->outward)
            note(p, now());
        if (write(l->to, p->bytes, p->len) < 0 && errno != EIO && errno != EAGAIN)
            die("a packet");
        l->head = (l->head + 1) % QUEUE_MAX;
        l->n--;
    }
}

static void carry(struct lane lanes[2])
{
    for (;;) {
        struct pollfd fds[3] = {{.fd = lanes[0].from, .events = POLLIN},
                                {.fd = lanes[1].from, .events = POLLIN},
                                {.fd = STDIN_FILENO, .events = POLLIN}};
        int64_t next = INT64_MAX;
        for (int i = 0; i < 2; i++)
            if (lanes[i].n && lanes[i].queue[lanes[i].head].due < next)
                next = lanes[i].queue[lanes[i].head].due;
        int64_t left = next == INT64_MAX ? 1000000000 : next - now();
        struct timespec patience = {.tv_sec = left > 0 ? left / 1000000000 : 0,
                                    .tv_nsec = left > 0 ? left % 1000000000 : 0};
        if (ppoll(fds, 3, &patience, NULL) < 0)
            die("poll");
        if (fds[2].revents)
            return;
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents)
                take(&lanes[i]);
            deliver(&lanes[i]);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "delayline NAMESPACE_A NAMESPACE_B DEVICE DELAY_US BITS_PER_S CAPTURE\n");
        return 2;
    }
    begin_capture(argv[6]);
    int a = make_device(argv[1], argv[3]), b = make_device(argv[2], argv[3]);
    delay = strtoll(argv[4], NULL, 10) * 1000;
    bits_per_s = strtoll(argv[5], NULL, 10);
    struct lane lanes[2] = {{.from = a, .to = b, .outward = true}, {.from = b, .to = a}};
    for (int i = 0; i < 2; i++) {
        lanes[i].queue = calloc(QUEUE_MAX, sizeof *lanes[i].queue);
        if (!lanes[i].queue)
            die("memory");
    }
    puts("ready");
    fflush(stdout);
    carry(lanes);
    if (capture && fclose(capture) != 0)
        die("the capture");
    for (int i = 0; i < 2; i++)
        free(lanes[i].queue);
    return 0;
}
