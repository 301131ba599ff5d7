package dev.groundmesh.daemonset.elf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Finds every shared library that programs need, as the dynamic loader of this machine would. */
public final class SharedLibraries {
  private final List<Path> folders;

  /**
   * Looks into the folders given alone.
   *
   * @param folders where the loader looks, in this order
   */
  public SharedLibraries(List<Path> folders) {
    this.folders = List.copyOf(folders);
  }

  /** The folders that glibc's loader looks into on this machine without being told. */
  public static SharedLibraries ofThisMachine() {
    String triplet = System.getProperty("os.arch").equals("amd64") ? "x86_64" : "aarch64";
    return new SharedLibraries(
        List.of(
            Path.of("/lib/" + triplet + "-linux-gnu"),
            Path.of("/usr/lib/" + triplet + "-linux-gnu"),
            Path.of("/lib64"),
            Path.of("/usr/lib64"),
            Path.of("/lib"),
            Path.of("/usr/lib")));
  }

  /**
   * What must be there for the programs and libraries to be loaded, the loader included.
   *
   * @param roots ELF files; others are passed over
   * @param own libraries that come with the roots, by file name: looked into, not returned
   * @return the files, by the path under which the loader looks for them
   * @throws IOException if a library is not found; the message names it and who needs it
   */
  public SortedMap<String, Path> neededBy(Collection<Path> roots, Collection<Path> own)
      throws IOException {
    Set<String> ownNames = new HashSet<>();
    own.forEach(file -> ownNames.add(file.getFileName().toString()));
    SortedMap<String, Path> found = new TreeMap<>();
    Deque<Path> open = new ArrayDeque<>(roots);
    open.addAll(own);
    while (!open.isEmpty()) {
      Path file = open.remove();
      Optional<ElfFile> elf = ElfFile.read(file);
      if (elf.isEmpty()) {
        continue;
      }
      elf.get().interpreter().ifPresent(loader -> found.put(loader, Path.of(loader)));
      for (String name : elf.get().needed()) {
        if (ownNames.contains(name)) {
          continue;
        }
        Path library = find(name, file);
        if (found.put(library.toString(), library) == null) {
          open.add(library);
        }
      }
    }
    return found;
  }

  /**
   * The library of this name.
   *
   * @param neededBy who asks, for the error
   */
  public Path find(String name, Path neededBy) throws IOException {
    for (Path folder : folders) {
      Path candidate = folder.resolve(name);
      if (Files.exists(candidate)) {
        return candidate;
      }
    }
    throw new IOException(name + ": not found in " + folders + "; " + neededBy + " needs it");
  }
}
