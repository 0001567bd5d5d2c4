/* Making walks from seeds, and writing them down as recipes. */
#include <stdlib.h>
#include <string.h>

#include "test_walk.h"

const char *const walk_action_names[WALK_ACTIONS] = {
#define ACTION(id, name, weight) [WALK_##id] = (name),
#include "test_walk_actions.def"
#undef ACTION
};

static const unsigned weights[WALK_ACTIONS] = {
#define ACTION(id, name, weight) [WALK_##id] = (weight),
#include "test_walk_actions.def"
#undef ACTION
};

/* splitmix64: neighbouring seeds give unrelated walks, the same on every host. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static unsigned below(uint64_t *state, unsigned limit)
{
    return (unsigned)(next_random(state) >> 32) % limit;
}

static enum walk_action pick_action(uint64_t *state)
{
    unsigned total = 0;
    for (unsigned i = 0; i < WALK_ACTIONS; i++) {
        total += weights[i];
    }
    unsigned ticket = below(state, total);
    enum walk_action action = 0;
    while (ticket >= weights[action]) {
        ticket -= weights[action++];
    }
    return action;
}

static struct walk_setup make_setup(uint64_t *state)
{
    struct walk_setup setup = {0};
    setup.variant = below(state, WORLD_VARIANTS);
    setup.strict = below(state, 4) == 0;
    setup.encrypted = below(state, 8) == 0;
    setup.start = below(state, WORLD_STARTS);
    /* Anti-rollback excludes a factory app. */
    setup.table =
        setup.variant == 2 ? 1 + below(state, WORLD_TABLES - 1) : below(state, WORLD_TABLES);
    return setup;
}

/* One number after the other: the order in which an initialiser would ask for them is open. */
static struct walk_step make_step(uint64_t *state, unsigned number)
{
    struct walk_step step = {.number = number, .action = pick_action(state)};
    step.a = below(state, UINT32_MAX);
    step.b = below(state, UINT32_MAX);
    step.c = below(state, UINT32_MAX);
    return step;
}

void walk_make(uint64_t seed, struct walk *out)
{
    uint64_t state = seed;
    memset(out, 0, sizeof *out);
    out->seed = seed;
    out->setup = make_setup(&state);
    out->count = 4 + below(&state, WALK_MAX_STEPS - 3);
    for (size_t i = 0; i < out->count; i++) {
        out->steps[i] = make_step(&state, (unsigned)i + 1);
    }
}

/* Keeps the steps that the list names; false if it is no such list. */
static bool keep_steps(struct walk *walk, const char *list)
{
    size_t kept = 0;
    while (*list != '\0') {
        char *end;
        unsigned long number = strtoul(list, &end, 10);
        if (end == list || (*end != ',' && *end != '\0') || number == 0 || number > walk->count) {
            return false;
        }
        if (kept > 0 && walk->steps[kept - 1].number >= number) {
            return false;
        }
        walk->steps[kept++] = walk->steps[number - 1];
        list = *end == ',' ? end + 1 : end;
    }
    walk->count = kept;
    return true;
}

bool walk_from_recipe(const char *recipe, struct walk *out)
{
    char *end;
    uint64_t seed = strtoull(recipe, &end, 10);
    if (end == recipe || (*end != ':' && *end != '\0')) {
        return false;
    }
    walk_make(seed, out);
    return *end == '\0' || keep_steps(out, end + 1);
}

void walk_recipe(const struct walk *walk, char *out, size_t size)
{
    int used = snprintf(out, size, "%llu:", (unsigned long long)walk->seed);
    for (size_t i = 0; i < walk->count && used > 0 && (size_t)used < size; i++) {
        used += snprintf(out + used, size - (size_t)used, "%s%u", i == 0 ? "" : ",",
                         walk->steps[i].number);
    }
}

const char *const walk_event_names[WALK_EVENTS] = {
#define EVENT(id, text) [WALK_DID_##id] = (text),
#include "test_walk_events.def"
#undef EVENT
};
