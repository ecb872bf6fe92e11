/* A pass on several threads. */
struct thread {
    const struct state *state;
    int index;
    pthread_t id;
};

static void pass(const struct thread *own)
{
    if (own->state->is_back)
        go_back(own->state, own->index);
    else
        go_forward(own->state, own->index);
}

static void *work(void *given)
{
    const struct thread *own = given;
    struct barrier *b = own->state->barrier;
    pthread_mutex_lock(&b->lock);
    pthread_mutex_unlock(&b->lock);
    pass(own);
    return 0;
}

/* Runs a pass on as many threads as can be made. */
static void run(struct state *t)
{
    struct barrier barrier = {.waiting = 0};
    struct thread threads[MOST_THREADS];
    int count = 1;
    t->barrier = &barrier;
    pthread_mutex_init(&barrier.lock, 0);
    pthread_cond_init(&barrier.all, 0);
    for (int i = 0; i < t->threads; i++) {
        threads[i].state = t;
        threads[i].index = i;
    }
    pthread_mutex_lock(&barrier.lock); /* until their number is known */
    while (count < t->threads && !pthread_create(&threads[count].id, 0, work, threads + count))
        count++;
    t->threads = count;
    pthread_mutex_unlock(&barrier.lock);
    pass(threads);
    for (int i = 1; i < count; i++)
        pthread_join(threads[i].id, 0);
    pthread_cond_destroy(&barrier.all);
    pthread_mutex_destroy(&barrier.lock);
}
