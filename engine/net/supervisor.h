/* supervisor.h: says to the service manager that started the scheduler how far it is, so that
 * `systemctl start` ends when tickets can be taken and those who depend on it start after that.
 *
 * The manager puts an address into NOTIFY_SOCKET (sd_notify(3)); without it nothing is said. One
 * datagram a message, never waiting. Written here because libsystemd would bring five libraries
 * along for it. Any thread. */
#ifndef TBI_NET_SUPERVISOR_H
#define TBI_NET_SUPERVISOR_H

/* state: "READY=1" or "STOPPING=1". A manager that doesn't hear it is its own affair. */
void tbi_supervisor_tell(const char *state);

#endif
