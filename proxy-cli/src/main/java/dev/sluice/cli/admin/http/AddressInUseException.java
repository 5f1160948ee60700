package dev.sluice.cli.admin.http;

import java.io.IOException;

/** Somebody else listens where the admin interface was to be. */
public final class AddressInUseException extends IOException {
    private static final long serialVersionUID = 1;

    AddressInUseException(String message) {
        super(message);
    }
}
