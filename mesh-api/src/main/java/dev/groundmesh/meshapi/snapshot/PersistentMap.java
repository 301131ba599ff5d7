package dev.groundmesh.meshapi.snapshot;

import java.util.AbstractCollection;
import java.util.Collection;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An immutable hash map whose changed copies share what did not change, so that a copy costs what
 * changed and a lookup is a few array reads.
 *
 * <p>A compressed hash-array mapped prefix tree (Steindorfer and Vinju, "Optimizing Hash-Array
 * Mapped Tries for Fast and Lean Immutable JVM Collections", 2015): keys and values lie in the
 * nodes' arrays without an object for each entry. No order. For any thread.
 */
final class PersistentMap<K, V> {

  private static final int BITS = 5;
  private static final int HASH_BITS = 32;
  private static final PersistentMap<?, ?> EMPTY =
      new PersistentMap<>(new Node(0, 0, new Object[0]), 0);

  private final Node root;
  private final int size;

  private PersistentMap(Node root, int size) {
    this.root = root;
    this.size = size;
  }

  @SuppressWarnings("unchecked")
  static <K, V> PersistentMap<K, V> empty() {
    return (PersistentMap<K, V>) EMPTY;
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  @SuppressWarnings("unchecked")
  @Nullable V get(K key) {
    int hash = hash(key);
    Node node = root;
    for (int shift = 0; shift < HASH_BITS; shift += BITS) {
      int bit = 1 << ((hash >>> shift) & 31);
      if ((node.nodeMap & bit) != 0) {
        node = node.child(bit);
      } else if ((node.dataMap & bit) != 0) {
        int at = node.dataIndex(bit);
        return node.slots[at].equals(key) ? (V) node.slots[at + 1] : null;
      } else {
        return null;
      }
    }
    int at = node.indexInCollisions(key);
    return at < 0 ? null : (V) node.slots[at + 1];
  }

  /** This map with {@code key} set to {@code value}. */
  PersistentMap<K, V> with(K key, V value) {
    Objects.requireNonNull(value, "value");
    boolean isNew = get(key) == null;
    Node changed = with(root, hash(key), 0, key, value);
    return new PersistentMap<>(changed, isNew ? size + 1 : size);
  }

  /** This map without {@code key}; the very same map if it has no such key. */
  PersistentMap<K, V> without(K key) {
    if (get(key) == null) {
      return this;
    }
    return size == 1 ? empty() : new PersistentMap<>(without(root, hash(key), 0, key), size - 1);
  }

  void forEach(BiConsumer<? super K, ? super V> action) {
    EntryIterator entries = new EntryIterator(root);
    while (entries.advance()) {
      action.accept(this.<K>cast(entries.key()), this.<V>cast(entries.value()));
    }
  }

  /** A live view of the values, each passed through {@code view}. */
  <T> Collection<T> values(Function<? super V, ? extends T> view) {
    return new AbstractCollection<>() {
      @Override
      public Iterator<T> iterator() {
        EntryIterator entries = new EntryIterator(root);
        return new Iterator<>() {
          private boolean ready = entries.advance();

          @Override
          public boolean hasNext() {
            return ready;
          }

          @Override
          public T next() {
            if (!ready) {
              throw new NoSuchElementException();
            }
            T value = view.apply(PersistentMap.this.<V>cast(entries.value()));
            ready = entries.advance();
            return value;
          }
        };
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private <T> T cast(Object value) {
    return (T) value;
  }

  private static int hash(Object key) {
    int hash = key.hashCode();
    return hash ^ (hash >>> 16);
  }

  private static Node with(Node node, int hash, int shift, Object key, Object value) {
    if (shift >= HASH_BITS) {
      int at = node.indexInCollisions(key);
      return at < 0
          ? node.insertData(node.slots.length, 0, key, value)
          : node.replace(at + 1, value);
    }
    int bit = 1 << ((hash >>> shift) & 31);
    if ((node.nodeMap & bit) != 0) {
      Node changed = with(node.child(bit), hash, shift + BITS, key, value);
      return node.replace(node.childIndex(bit), changed);
    }
    int at = node.dataIndex(bit);
    if ((node.dataMap & bit) == 0) {
      return node.insertData(at, bit, key, value);
    }
    Object present = node.slots[at];
    if (present.equals(key)) {
      return node.replace(at + 1, value);
    }
    Node pair = pair(present, hash(present), node.slots[at + 1], key, hash, value, shift + BITS);
    return node.pushDown(bit, pair);
  }

  /** The smallest node, from {@code shift} on, that holds both entries. */
  private static Node pair(
      Object key1, int hash1, Object value1, Object key2, int hash2, Object value2, int shift) {
    if (shift >= HASH_BITS) {
      return new Node(0, 0, new Object[] {key1, value1, key2, value2});
    }
    int at1 = (hash1 >>> shift) & 31;
    int at2 = (hash2 >>> shift) & 31;
    if (at1 == at2) {
      Node below = pair(key1, hash1, value1, key2, hash2, value2, shift + BITS);
      return new Node(0, 1 << at1, new Object[] {below});
    }
    Object[] slots =
        at1 < at2
            ? new Object[] {key1, value1, key2, value2}
            : new Object[] {key2, value2, key1, value1};
    return new Node(1 << at1 | 1 << at2, 0, slots);
  }

  /** The node without {@code key}, which it has. */
  private static Node without(Node node, int hash, int shift, Object key) {
    if (shift >= HASH_BITS) {
      return node.removeData(node.indexInCollisions(key), 0);
    }
    int bit = 1 << ((hash >>> shift) & 31);
    if ((node.dataMap & bit) != 0) {
      return node.removeData(node.dataIndex(bit), bit);
    }
    Node below = without(node.child(bit), hash, shift + BITS, key);
    return below.isSingleEntry()
        ? node.pullUp(bit, below)
        : node.replace(node.childIndex(bit), below);
  }

  /**
   * A node of the tree.
   *
   * <p>{@code slots} holds the keys and values of the bits of {@code dataMap}, in their order, and
   * then, from its end, the child nodes of the bits of {@code nodeMap}. Below the last bits of the
   * hash a node holds entries of equal hash, and both maps are 0.
   */
  private static final class Node {
    final int dataMap;
    final int nodeMap;
    final Object[] slots;

    Node(int dataMap, int nodeMap, Object[] slots) {
      this.dataMap = dataMap;
      this.nodeMap = nodeMap;
      this.slots = slots;
    }

    int dataIndex(int bit) {
      return 2 * Integer.bitCount(dataMap & (bit - 1));
    }

    int childIndex(int bit) {
      return slots.length - 1 - Integer.bitCount(nodeMap & (bit - 1));
    }

    Node child(int bit) {
      return (Node) slots[childIndex(bit)];
    }

    int dataEnd() {
      return slots.length - Integer.bitCount(nodeMap);
    }

    boolean isSingleEntry() {
      return nodeMap == 0 && slots.length == 2;
    }

    int indexInCollisions(Object key) {
      for (int at = 0; at < slots.length; at += 2) {
        if (slots[at].equals(key)) {
          return at;
        }
      }
      return -1;
    }

    Node replace(int at, Object value) {
      Object[] changed = slots.clone();
      changed[at] = value;
      return new Node(dataMap, nodeMap, changed);
    }

    Node insertData(int at, int bit, Object key, Object value) {
      Object[] changed = new Object[slots.length + 2];
      System.arraycopy(slots, 0, changed, 0, at);
      changed[at] = key;
      changed[at + 1] = value;
      System.arraycopy(slots, at, changed, at + 2, slots.length - at);
      return new Node(dataMap | bit, nodeMap, changed);
    }

    Node removeData(int at, int bit) {
      Object[] changed = new Object[slots.length - 2];
      System.arraycopy(slots, 0, changed, 0, at);
      System.arraycopy(slots, at + 2, changed, at, changed.length - at);
      return new Node(dataMap & ~bit, nodeMap, changed);
    }

    /** With the entry of {@code bit} replaced by a child. */
    Node pushDown(int bit, Node child) {
      int dataAt = dataIndex(bit);
      Object[] changed = new Object[slots.length - 1];
      int childAt = changed.length - 1 - Integer.bitCount(nodeMap & (bit - 1));
      System.arraycopy(slots, 0, changed, 0, dataAt);
      System.arraycopy(slots, dataAt + 2, changed, dataAt, childAt - dataAt);
      changed[childAt] = child;
      System.arraycopy(slots, childAt + 2, changed, childAt + 1, changed.length - childAt - 1);
      return new Node(dataMap & ~bit, nodeMap | bit, changed);
    }

    /** With the child of {@code bit} replaced by the one entry that it holds. */
    Node pullUp(int bit, Node child) {
      int childAt = childIndex(bit);
      int dataAt = dataIndex(bit);
      Object[] changed = new Object[slots.length + 1];
      System.arraycopy(slots, 0, changed, 0, dataAt);
      changed[dataAt] = child.slots[0];
      changed[dataAt + 1] = child.slots[1];
      System.arraycopy(slots, dataAt, changed, dataAt + 2, childAt - dataAt);
      System.arraycopy(slots, childAt + 1, changed, childAt + 2, slots.length - childAt - 1);
      return new Node(dataMap | bit, nodeMap & ~bit, changed);
    }
  }

  /** Walks all entries, depth first. */
  private static final class EntryIterator {
    private Node[] path = new Node[HASH_BITS / BITS + 2];
    private int[] positions = new int[path.length];
    private int depth;

    EntryIterator(Node root) {
      path[0] = root;
      positions[0] = -2;
    }

    boolean advance() {
      while (depth >= 0) {
        Node node = path[depth];
        int dataEnd = node.dataEnd();
        int next = positions[depth] < dataEnd ? positions[depth] + 2 : positions[depth] + 1;
        if (next < dataEnd) {
          positions[depth] = next;
          return true;
        }
        next = Math.max(next, dataEnd);
        if (next < node.slots.length) {
          positions[depth] = next;
          depth++;
          path[depth] = (Node) node.slots[next];
          positions[depth] = -2;
        } else {
          depth--;
        }
      }
      return false;
    }

    Object key() {
      return path[depth].slots[positions[depth]];
    }

    Object value() {
      return path[depth].slots[positions[depth] + 1];
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof PersistentMap<?, ?> that) || that.size != size) {
      return false;
    }
    EntryIterator entries = new EntryIterator(root);
    while (entries.advance()) {
      @SuppressWarnings("unchecked")
      Object theirs = ((PersistentMap<Object, Object>) that).get(entries.key());
      if (!entries.value().equals(theirs)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int hash = 0;
    EntryIterator entries = new EntryIterator(root);
    while (entries.advance()) {
      hash += entries.key().hashCode() ^ entries.value().hashCode();
    }
    return hash;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    forEach((key, value) -> text.append(key).append('=').append(value).append(' '));
    return text.append('}').toString();
  }
}
