import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Gives the classes of a library the form that the start-up cache takes, run from its source: {@code java OldClasses.java JAR…}.
 *
 * <p>Classes of before Java 6 have no stack maps (JVMS 4.7.4), and the JVM keeps none of them in the cache: picocli's are such, and
 * reading and verifying them was a tenth of the start. Nothing else in them changes.
 */
public final class OldClasses {
    private static final int OF_JAVA_6 = 50;
    private static final int OF_JAVA_8 = 52;
    private static final int MAJOR_VERSION_OFFSET = 7;

    private OldClasses() {}

    public static void main(String[] args) throws IOException {
        for (String jar : args) {
            renew(Path.of(jar));
        }
    }

    private static void renew(Path jar) throws IOException {
        Path fresh = jar.resolveSibling(jar.getFileName() + ".new");
        try (JarFile from = new JarFile(jar.toFile());
                URLClassLoader loader =
                        new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
            List<JarEntry> entries = from.stream().toList();
            boolean any = false;
            for (JarEntry entry : entries) {
                any |= isOld(entry, bytes(from, entry));
            }
            if (!any) {
                return;
            }
            ClassFile format = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ClassHierarchyResolverOption.of(
                            ClassHierarchyResolver.ofResourceParsing(loader).cached()));
            try (OutputStream file = Files.newOutputStream(fresh);
                    JarOutputStream to = new JarOutputStream(file)) {
                for (JarEntry entry : entries) {
                    byte[] content = bytes(from, entry);
                    JarEntry copy = new JarEntry(entry.getName());
                    copy.setTime(entry.getTime());
                    to.putNextEntry(copy);
                    to.write(isOld(entry, content) ? renewed(format, content) : content);
                }
            }
        }
        Files.move(fresh, jar, StandardCopyOption.ATOMIC_MOVE);
    }

    private static byte[] bytes(JarFile jar, JarEntry entry) throws IOException {
        try (var content = jar.getInputStream(entry)) {
            return content.readAllBytes();
        }
    }

    private static boolean isOld(JarEntry entry, byte[] content) {
        return entry.getName().endsWith(".class") && content[MAJOR_VERSION_OFFSET] < OF_JAVA_6;
    }

    private static byte[] renewed(ClassFile format, byte[] old) {
        ClassModel model = format.parse(old);
        MethodTransform withStackMaps = MethodTransform.transformingCode(CodeTransform.ACCEPT_ALL);
        ClassTransform renew = (to, element) -> {
            switch (element) {
                case ClassFileVersion version -> to.withVersion(OF_JAVA_8, 0);
                case MethodModel method -> to.transformMethod(method, withStackMaps);
                default -> to.with(element);
            }
        };
        return format.transformClass(model, renew);
    }
}
