/**
 * Listening sockets go from one process to the next: the protocol between the two, over a unix stream socket that only their user can
 * reach, and each side of it.
 *
 * <pre>
 *   successor                                  predecessor
 *   HELLO   magic, versions          ────▶
 *                                    ◀────     OFFER     version, number of sockets
 *                                    ◀────     SOCKETS   what each is, and the descriptors (SCM_RIGHTS)
 *                                    ◀────     BY_HAND   what somebody has set by hand, since version 2
 *   applies its configuration, and every loop accepts; so does the predecessor
 *   CONFIRM which ones it took       ────▶
 *                                              accepts no more
 *                                    ◀────     RELEASED
 *   looks once more at each backlog            drains, and exits
 * </pre>
 *
 * <p>A message is a length (four bytes, of what follows), a type (one byte) and its body; all numbers have the first byte first. HELLO,
 * and REFUSAL, which may come instead of any answer and whose body is a text for people, are the same in every version for ever. What
 * comes before CONFIRM changes nothing in the predecessor, however it ends.
 *
 * <p>What a proxy does with the sockets is not known here.
 */
@NullMarked
package dev.sluice.proxy.takeover;

import org.jspecify.annotations.NullMarked;
