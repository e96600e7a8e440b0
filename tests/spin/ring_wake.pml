/* ring_wake.pml: two callers, a ring from each to one engine, and the engine's sleep.
 *
 * The protocol of engine/ring/ring.h and wake.h, one statement for each access to shared memory, in
 * sequentially consistent memory (weak memory is the matter of tests/explore). Caller 0 may stop
 * for ever before any statement. Claimed:
 * - each command comes out once, in order, and whole: the assertion at TAKE;
 * - the engine never sleeps on while a caller has signalled and is not served; what caller 0 left
 *   by stopping costs caller 1 nothing: the assertions of the monitor, and the ltl formula.
 *
 * Each variant below breaks one rule of the protocol, and has to be refused (tests/run/spin.sh).
 */
// The consumer looks at its rings before its announcement can be seen (W1), or the producer looks
// at the state before its command can be seen (W2): a lost wake-up.
// must-fail: -DLOOK_BEFORE_ANNOUNCE
// must-fail: -DLOOK_BEFORE_PUBLISH
// The producer does not change the state, so a sleep that was about to begin begins after the
// wake-up.
// must-fail: -DWAKE_WITHOUT_POKE
// The first producer to see the announcement takes it back, and stops before its system call.
// must-fail: -DCLAIM_WAKE
// A slot is published before it is filled (E1), handed back before it is read (E2), or there is one
// too many in the ring.
// must-fail: -DPUBLISH_BEFORE_FILL
// must-fail: -DHAND_BACK_BEFORE_READ
// must-fail: -DONE_TOO_MANY

#define COMMANDS_0 1 /* of caller 0, and of caller 1; the value of a command is its number */
#define COMMANDS_1 3
#define CAPACITY 2
#define INDICES 4 /* indices wrap at this multiple of the capacity */

#define AWAKE 0
#define ASLEEP 1
#define POKED 2

#ifdef ONE_TOO_MANY
#define ROOM (CAPACITY + 1)
#else
#define ROOM CAPACITY
#endif

typedef ring_t {
    byte slot[CAPACITY];
    byte head; /* next to fill */
    byte tail /* next to take */
};

ring_t ring[2];
byte state = AWAKE; /* 4 x number of the sleep + AWAKE, ASLEEP or POKED */
bool sleeping;      /* the kernel's: the engine waits */
byte taken[2];
bool stopped;       /* caller 0, for ever */

#define COUNT(r) ((INDICES + ring[r].head - ring[r].tail) % INDICES)

/* Before each step of a caller: the first one may stop. */
#define STEP                                      \
    if                                            \
    :: true                                       \
    :: id == 0 -> stopped = true; goto end_stopped \
    fi

inline fill() { ring[id].slot[ring[id].head % CAPACITY] = command }
inline publish() { ring[id].head = (ring[id].head + 1) % INDICES }
inline look_at_state() { seen = state }

proctype caller(byte id; byte command_count)
{
    byte command = 1;
    byte seen;
    byte ended_sleep = 0;

    do
    :: command <= command_count ->
        /* A full ring is its own caller's matter, who tries again later. */
        COUNT(id) < ROOM;
#if defined(PUBLISH_BEFORE_FILL)
        STEP; publish();
        STEP; fill();
        STEP; look_at_state();
#elif defined(LOOK_BEFORE_PUBLISH)
        STEP; fill();
        STEP; look_at_state();
        STEP; publish();
#else
        STEP; fill();
        STEP; publish();
        STEP; look_at_state();
#endif
        if
        :: seen % 4 != AWAKE && seen / 4 != ended_sleep ->
#if defined(CLAIM_WAKE)
            STEP;
            bool claimed;
            atomic { claimed = (state == seen); if :: claimed -> state = seen - ASLEEP :: else fi };
            if
            :: claimed -> STEP; sleeping = false
            :: else
            fi
#else
#if !defined(WAKE_WITHOUT_POKE)
            if
            :: seen % 4 == ASLEEP ->
                STEP;
                atomic { if :: state == seen -> state = seen - ASLEEP + POKED :: else fi }
            :: else
            fi;
#endif
            STEP; sleeping = false; /* the system call */
            ended_sleep = seen / 4
#endif
        :: else
        fi;
        d_step { command++; seen = 0 }
    :: else -> break
    od;
end_stopped:
    skip
}

/* Takes what is in one ring. */
inline drain(r)
{
    do
    :: COUNT(r) > 0 ->
#if defined(HAND_BACK_BEFORE_READ)
        at = ring[r].tail;
        ring[r].tail = (at + 1) % INDICES;
        value = ring[r].slot[at % CAPACITY];
#else
        at = ring[r].tail;
        value = ring[r].slot[at % CAPACITY];
        ring[r].tail = (at + 1) % INDICES;
#endif
        /* TAKE; what is no longer needed is forgotten, which makes fewer states. */
        d_step { taken[r]++; assert(value == taken[r]); at = 0; value = 0 }
    :: else -> break
    od
}

inline announce() { sleep++; state = sleep * 4 + ASLEEP }
inline look_at_rings() { look(0); look(1) }
inline look(r)
{
    if
    :: COUNT(r) > 0 -> some = true
    :: else
    fi
}

proctype engine()
{
    byte sleep = 0;
    byte at, value;
    bool some;

    do
    :: true ->
        drain(0);
        drain(1);
#if defined(LOOK_BEFORE_ANNOUNCE)
        look_at_rings();
        announce();
#else
        announce();
        look_at_rings();
#endif
        if
        :: some -> some = false
        :: else ->
            /* The system call: sleep, if the state is still the announced one. */
            atomic { if :: state == sleep * 4 + ASLEEP -> sleeping = true :: else fi };
end_asleep:
            !sleeping
        fi;
        state = sleep * 4 + AWAKE
    od
}

/* When nobody can go on. */
proctype monitor()
{
    timeout;
    assert(taken[1] == COMMANDS_1);
    assert(stopped || taken[0] == COMMANDS_0)
}

ltl caller_1_is_served { <>(taken[1] == COMMANDS_1) }

init
{
    atomic {
        run caller(0, COMMANDS_0);
        run caller(1, COMMANDS_1);
        run engine();
        run monitor()
    }
}
