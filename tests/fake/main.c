/* ftpfake: a small FTPS server for tests, true by default, which misbehaves on request. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int stop_pipe[2];

static void stop(int sig)
{
    (void) sig;
    int saved = errno;
    ssize_t ignored = write(stop_pipe[1], "", 1);
    (void) ignored;
    errno = saved;
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "ftpfake: %s: %s\n", what, why);
    return -1;
}

static int open_listener(struct server *srv)
{
    char port[8];
    struct addrinfo *a,
        hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    snprintf(port, sizeof port, "%d", srv->options.port);
    int rc = getaddrinfo(srv->options.listen, port, &hints, &a), on = 1, off = 0;
    if (rc != 0)
        return fail(srv->options.listen, gai_strerror(rc));
    int fd = srv->listen_fd = socket(a->ai_family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6) /* "::" serves IPv4 too */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    rc = fd < 0 || bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, 64) < 0;
    freeaddrinfo(a);
    return rc ? fail(srv->options.listen, strerror(errno)) : 0;
}

static void print_port(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof a;
    getsockname(fd, (struct sockaddr *) &a, &len);
    printf("port %d\n", ntohs(a.ss_family == AF_INET ? ((struct sockaddr_in *) &a)->sin_port
                                                     : ((struct sockaddr_in6 *) &a)->sin6_port));
    fflush(stdout);
}

static int open_log(struct server *srv)
{
    const char *name = srv->options.log;
    if (!name)
        return 0;
    srv->log = strcmp(name, "-") == 0 ? stderr : fopen(name, "w");
    if (!srv->log)
        return fail(name, strerror(errno));
    setvbuf(srv->log, NULL, _IOLBF, 0);
    return 0;
}

static int open_server(struct server *srv)
{
    srv->listen_fd = -1;
    srv->root_fd = open(srv->options.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (srv->root_fd < 0)
        return fail(srv->options.root, strerror(errno));
    if (open_log(srv) < 0 || tls_load(srv) < 0)
        return -1;
    if (pipe(stop_pipe) < 0)
        return fail("pipe", strerror(errno));
    srv->stop_fd = stop_pipe[0];
    struct sigaction act = {.sa_handler = stop};
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
    return open_listener(srv);
}

static void close_server(struct server *srv)
{
    tls_unload(srv);
    if (srv->listen_fd >= 0)
        close(srv->listen_fd);
    if (srv->root_fd >= 0)
        close(srv->root_fd);
    if (srv->log && srv->log != stderr)
        fclose(srv->log);
}

/* The connections under way, so that the server ends after the last of them. */
struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t gone;
    int n;
    struct server *srv;
};

struct guest {
    struct crowd *crowd;
    int fd;
};

static void *serve_guest(void *arg)
{
    struct guest g = *(struct guest *) arg;
    free(arg);
    session_run(g.crowd->srv, g.fd);
    pthread_mutex_lock(&g.crowd->lock);
    g.crowd->n--;
    pthread_cond_signal(&g.crowd->gone);
    pthread_mutex_unlock(&g.crowd->lock);
    return NULL;
}

static void admit_guest(struct crowd *crowd, int fd)
{
    pthread_t thread;
    struct guest *g = malloc(sizeof *g);
    if (!g) {
        close(fd);
        return;
    }
    *g = (struct guest){crowd, fd};
    pthread_mutex_lock(&crowd->lock);
    crowd->n++;
    pthread_mutex_unlock(&crowd->lock);
    if (pthread_create(&thread, NULL, serve_guest, g) == 0) {
        pthread_detach(thread);
        return;
    }
    close(fd);
    free(g);
    pthread_mutex_lock(&crowd->lock);
    crowd->n--;
    pthread_mutex_unlock(&crowd->lock);
}

static void accept_guests(struct server *srv)
{
    struct crowd crowd = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, srv};
    while (wait_ready(srv->stop_fd, srv->listen_fd, POLLIN, -1, -1) == WAKE_READY) {
        int fd = accept(srv->listen_fd, NULL, NULL);
        if (fd >= 0)
            admit_guest(&crowd, fd);
    }
    pthread_mutex_lock(&crowd.lock);
    while (crowd.n > 0)
        pthread_cond_wait(&crowd.gone, &crowd.lock);
    pthread_mutex_unlock(&crowd.lock);
}

int main(int argc, char **argv)
{
    static struct server srv;
    int rc = options_parse(argc, argv, &srv.options);
    if (rc != 0)
        return rc > 0 ? 0 : 2;
    if (open_server(&srv) < 0) {
        close_server(&srv);
        return 1;
    }
    print_port(srv.listen_fd);
    accept_guests(&srv);
    close_server(&srv);
    return 0;
}
