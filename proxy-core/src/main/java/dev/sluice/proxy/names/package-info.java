/**
 * How names become addresses: what the proxy needs of whoever looks them up, and the system's way. What lives here blocks, and is never called
 * on a loop's thread; when it is called again is control's business.
 */
@NullMarked
package dev.sluice.proxy.names;

import org.jspecify.annotations.NullMarked;
