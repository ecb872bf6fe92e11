/* Threads that take blocks one by one, and meet where sums over all blocks are due. */
struct barrier {
    pthread_mutex_t lock;
    pthread_cond_t all;
    int waiting, round;
    long next;
};

/* A block that no thread has taken since they met; from the number of blocks on, there is none. */
static long taken(const struct state *t)
{
    return __atomic_fetch_add(&t->barrier->next, 1, __ATOMIC_RELAXED);
}

/* Whether this thread comes last. It then holds all others until it lets them go on. */
static int is_last(const struct state *t)
{
    struct barrier *b = t->barrier;
    pthread_mutex_lock(&b->lock);
    if (++b->waiting == t->threads)
        return 1;
    for (const int round = b->round; round == b->round;)
        pthread_cond_wait(&b->all, &b->lock);
    pthread_mutex_unlock(&b->lock);
    return 0;
}

static void go_on(const struct state *t)
{
    struct barrier *b = t->barrier;
    b->waiting = 0;
    b->next = 0;
    b->round++;
    pthread_cond_broadcast(&b->all);
    pthread_mutex_unlock(&b->lock);
}
