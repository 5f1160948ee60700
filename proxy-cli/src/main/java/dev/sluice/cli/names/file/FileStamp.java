package dev.sluice.cli.names.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;

/**
 * What tells one state of a file from another without reading it (stat(2)); symbolic links are followed, so a link that is switched
 * is another inode. The time of the inode's change is in it since that one cannot be set back, as rsync and cp -p do with the
 * other.
 *
 * @param state of the file, as one text; or why there is none
 */
record FileStamp(String state) {
    private static final String ATTRIBUTES = "unix:dev,ino,size,lastModifiedTime,ctime,isRegularFile";

    static FileStamp of(Path path) {
        try {
            return new FileStamp(new TreeMap<>(Files.readAttributes(path, ATTRIBUTES)).toString());
        } catch (IOException e) { // not there, not to be seen, not on this disk any more: each a state like others
            return new FileStamp(e.getClass().getSimpleName());
        }
    }
}
