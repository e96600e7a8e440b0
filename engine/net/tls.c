#include "tls.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { HELLO_MAX = 1 << 17 };

struct tbi_tls_context {
    SSL_CTX *ssl;
};

struct tbi_tls {
    SSL *ssl;
    BIO *in, *out; /* the ssl's */
    struct tbi_tls_line *line;
    void *owner;
    struct tbi_tls *next, *before; /* in the line */
    bool waits, shaken, over, ended; /* over: nothing is read any more; ended: nor written */
};

/* ---- certificates ---- */

static bool wrong(char error[TBI_TLS_ERROR_MAX], const char *path, const char *what)
{
    const unsigned long code = ERR_peek_last_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

    snprintf(error, TBI_TLS_ERROR_MAX, "%s: %s%s%s", path, what, reason ? ": " : "",
             reason ? reason : "");
    ERR_clear_error();
    return false;
}

static bool key_private(const char *path, char error[TBI_TLS_ERROR_MAX])
{
    struct stat status;

    if (stat(path, &status) != 0)
        return wrong(error, path, strerror(errno));
    if ((status.st_mode & S_IROTH) != 0)
        return wrong(error, path, "anybody on this machine may read this key; `chmod o-rwx` it");
    return true;
}

static bool clients_load(SSL_CTX *ssl, const struct tbi_serve_options *o,
                         char error[TBI_TLS_ERROR_MAX])
{
    int mode = SSL_VERIFY_PEER;

    if (o->tls_clients_ca == NULL) {
        if (o->tls_clients == NULL)
            return true;
        return wrong(error, "tls-clients", "needs tls-clients-ca, the authority that signs them");
    }
    if (o->tls_clients == NULL || strcmp(o->tls_clients, "required") == 0)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    else if (strcmp(o->tls_clients, "optional") != 0)
        return wrong(error, o->tls_clients, "tls-clients is either required or optional");
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(o->tls_clients_ca);
    if (names == NULL || SSL_CTX_load_verify_file(ssl, o->tls_clients_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return wrong(error, o->tls_clients_ca, "no certificates of an authority, in PEM");
    }
    SSL_CTX_set_client_CA_list(ssl, names); /* which then owns them */
    SSL_CTX_set_verify(ssl, mode, NULL);
    return true;
}

static SSL_CTX *context_make(const struct tbi_serve_options *o, char error[TBI_TLS_ERROR_MAX])
{
    ERR_clear_error();
    if (o->tls_cert == NULL || o->tls_key == NULL) {
        wrong(error, "tls-port", "needs tls-cert and tls-key, two files in PEM");
        return NULL;
    }
    if (!key_private(o->tls_key, error))
        return NULL;
    SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
    tb_assert(ssl != NULL && SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) == 1);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ssl, 0);
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS); /* a silent connection keeps none */
    bool good = false;
    if (SSL_CTX_use_certificate_chain_file(ssl, o->tls_cert) != 1)
        wrong(error, o->tls_cert, "no certificate in PEM");
    else if (SSL_CTX_use_PrivateKey_file(ssl, o->tls_key, SSL_FILETYPE_PEM) != 1)
        wrong(error, o->tls_key, "no key in PEM, or not this certificate's");
    else
        good = clients_load(ssl, o, error);
    if (good)
        return ssl;
    SSL_CTX_free(ssl);
    return NULL;
}

struct tbi_tls_context *tbi_tls_load(const struct tbi_serve_options *options,
                                     char error[TBI_TLS_ERROR_MAX])
{
    SSL_CTX *ssl = context_make(options, error);

    if (ssl == NULL)
        return NULL;
    struct tbi_tls_context *context = calloc(1, sizeof *context);
    tb_assert(context != NULL);
    context->ssl = ssl;
    return context;
}

bool tbi_tls_reload(struct tbi_tls_context *context, const struct tbi_serve_options *options,
                    char error[TBI_TLS_ERROR_MAX])
{
    SSL_CTX *ssl = context_make(options, error);

    if (ssl == NULL)
        return false;
    SSL_CTX_free(context->ssl); /* living connections hold it until they end */
    context->ssl = ssl;
    return true;
}

void tbi_tls_unload(struct tbi_tls_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

/* ---- connections ---- */

struct tbi_tls *tbi_tls_open(struct tbi_tls_context *context, struct tbi_tls_line *line,
                             void *owner)
{
    struct tbi_tls *tls = calloc(1, sizeof *tls);

    tb_assert(tls != NULL);
    tls->ssl = SSL_new(context->ssl);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    tb_assert(tls->ssl != NULL && tls->in != NULL && tls->out != NULL);
    tls->line = line;
    tls->owner = owner;
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

static void wait_begin(struct tbi_tls *tls)
{
    struct tbi_tls_line *line = tls->line;

    tls->waits = true;
    tls->next = NULL;
    tls->before = line->last;
    *(line->last ? &line->last->next : &line->first) = tls;
    line->last = tls;
}

static void wait_end(struct tbi_tls *tls)
{
    struct tbi_tls_line *line = tls->line;

    tls->waits = false;
    *(tls->before ? &tls->before->next : &line->first) = tls->next;
    *(tls->next ? &tls->next->before : &line->last) = tls->before;
}

void tbi_tls_close(struct tbi_tls *tls)
{
    if (tls == NULL)
        return;
    if (tls->waits)
        wait_end(tls);
    SSL_free(tls->ssl);
    free(tls);
}

void *tbi_tls_turn(struct tbi_tls_line *line)
{
    struct tbi_tls *tls = line->first;

    line->step_free = true;
    if (tls == NULL)
        return NULL;
    wait_end(tls);
    return tls->owner;
}

/* ---- what has arrived ---- */

void tbi_tls_feed(struct tbi_tls *tls, const char *data, size_t bytes)
{
    if (!tls->over)
        tb_assert(BIO_write(tls->in, data, (int)bytes) == (int)bytes);
}

/* In OpenSSL's words. */
static enum tbi_tls_news broken(struct tbi_tls *tls, const char **why)
{
    const unsigned long code = ERR_peek_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    tls->over = tls->ended = true;
    *why = reason != NULL ? reason : "the other side broke off";
    return TBI_TLS_BROKEN;
}

static enum tbi_tls_news shake(struct tbi_tls *tls, const char **why)
{
    if (BIO_ctrl_pending(tls->in) > HELLO_MAX)
        return broken(tls, why);
    if (!tls->line->step_free) {
        if (!tls->waits)
            wait_begin(tls);
        return TBI_TLS_NOTHING;
    }
    tls->line->step_free = false;
    ERR_clear_error();
    const int status = SSL_accept(tls->ssl);
    if (status == 1) {
        tls->shaken = true;
        return TBI_TLS_SHAKEN;
    }
    return SSL_get_error(tls->ssl, status) == SSL_ERROR_WANT_READ ? TBI_TLS_NOTHING
                                                                  : broken(tls, why);
}

enum tbi_tls_news tbi_tls_next(struct tbi_tls *tls, const char **data, size_t *bytes)
{
    if (tls->over || tls->ended)
        return TBI_TLS_NOTHING;
    if (!tls->shaken)
        return shake(tls, data);
    ERR_clear_error();
    *data = tls->line->plain;
    const int status = SSL_read_ex(tls->ssl, tls->line->plain, TBI_TLS_PLAIN, bytes);
    if (status == 1)
        return TBI_TLS_PLAIN_BYTES;
    switch (SSL_get_error(tls->ssl, status)) {
    case SSL_ERROR_WANT_READ:
        return TBI_TLS_NOTHING;
    case SSL_ERROR_ZERO_RETURN:
        tls->over = true;
        return TBI_TLS_ENDED;
    default:
        return broken(tls, data);
    }
}

size_t tbi_tls_name(const struct tbi_tls *tls, char *out, size_t room)
{
    X509 *certificate = SSL_get1_peer_certificate(tls->ssl);
    unsigned char *name = NULL;
    size_t used = 0;

    if (certificate == NULL)
        return 0;
    X509_NAME *subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const int bytes =
        at < 0 ? -1
               : ASN1_STRING_to_UTF8(&name,
                                     X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (bytes > 0 && (size_t)bytes <= room) {
        used = (size_t)bytes;
        memcpy(out, name, used);
    }
    OPENSSL_free(name);
    X509_free(certificate);
    return used;
}

/* ---- what is sent ---- */

void tbi_tls_write(struct tbi_tls *tls, const char *data, size_t bytes, struct tbi_bytes *to)
{
    char *cipher;
    size_t written;

    /* Memory takes all of it. A session without its handshake has nothing to say but an error that
     * nobody could read. */
    if (bytes > 0 && tls->shaken && !tls->ended) {
        ERR_clear_error();
        tls->ended = SSL_write_ex(tls->ssl, data, bytes, &written) != 1;
    }
    const long count = BIO_get_mem_data(tls->out, &cipher);
    tbi_bytes_add(to, cipher, (size_t)count);
    (void)BIO_reset(tls->out);
}

bool tbi_tls_has_more(const struct tbi_tls *tls)
{
    return tls != NULL && BIO_ctrl_pending(tls->out) > 0;
}

void tbi_tls_end(struct tbi_tls *tls)
{
    if (tls == NULL || tls->ended)
        return;
    tls->ended = true;
    if (tls->shaken)
        SSL_shutdown(tls->ssl);
    ERR_clear_error();
}
