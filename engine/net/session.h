/* session.h: one connection: what it said, what it will be told, who it is.
 *
 * What is to be sent grows in `out`. While the log has not made durable what a reply tells, its
 * bytes are held: `marks` says up to which byte of `out` what log position must be durable. One
 * send is under way at a time, out of `sending`. */
#ifndef TBI_NET_SESSION_H
#define TBI_NET_SESSION_H

#include "access/access.h"
#include "resp.h"

struct tbi_front;
struct tbi_tls;

enum { TBI_MARKS = 8, TBI_SESSION_NAME_MAX = 64 };

struct tbi_mark {
    size_t bytes; /* of `out` */
    uint64_t lsn;
};

struct tbi_subscription;

struct tbi_session {
    int fd;
    uint32_t index, generation;  /* of the slot */
    uint64_t id;                 /* CLIENT ID */
    int version;                 /* of the protocol: 2 or 3 */
    bool values;                 /* answers without names, see reply.h */
    const struct tbi_user *user; /* NULL: not logged in */
    struct tbi_front *front;     /* which thread has the connection; NULL: this one */
    struct tbi_tls *tls;         /* NULL: in the clear, or the front's */
    bool secure, shaken;         /* TLS it is; its handshake is done */
    bool parted;                 /* the front was told to say good-bye */
    char name[TBI_SESSION_NAME_MAX];

    struct tbi_bytes in; /* a request of which more is to come */
    struct tbi_bytes out, sending;
    size_t sent; /* of `sending` */
    struct tbi_mark marks[TBI_MARKS];
    uint32_t mark_count;

    bool send_busy, receive_busy; /* the kernel has a request of ours */
    bool waits_login;             /* reads no further until a password or a what-if is answered */
    bool hello;                   /* what was asked was HELLO ... AUTH */
    bool closing;                 /* to be closed once `out` is sent */
    bool ended;                   /* the other side has said all that it will */
    bool named;                   /* the log knows who it is */
    uint64_t salt;                /* of its request ids */
    bool broken;                  /* to be closed at once */
    bool held;                    /* in the loop's list of those whom the log holds back */
    bool dirty;                   /* in the server's list of those with an answer to send */
    bool told;                    /* in its ring of those with messages */
    bool asked;                   /* `out` has an answer in it */
    uint32_t told_at;             /* where in that ring */
    uint64_t sent_turn;           /* the turn of the loop that last looked at it */
    uint32_t logins_failed;
    int64_t taken_at_us, heard_at_us, over_at_us; /* monotonic; over: closing since, 0: not */
    size_t counted;                               /* of the server's held_bytes */
    uint64_t pending;                             /* commands in the batch at hand */

    struct tbi_subscription *subscriptions; /* list by next_of_session */
    uint32_t subscription_count;
};

#endif
