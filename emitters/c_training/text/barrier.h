/* Threads that meet after every kernel. */
struct barrier {
    pthread_mutex_t lock;
    pthread_cond_t all;
    int waiting, round;
};

static void meet(const struct state *t)
{
    struct barrier *b = t->barrier;
    if (t->threads == 1)
        return;
    pthread_mutex_lock(&b->lock);
    const int round = b->round;
    if (++b->waiting == t->threads) {
        b->waiting = 0;
        b->round++;
        pthread_cond_broadcast(&b->all);
    } else
        while (round == b->round)
            pthread_cond_wait(&b->all, &b->lock);
    pthread_mutex_unlock(&b->lock);
}
