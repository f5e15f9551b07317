<?php
/**
 * An object cache that outlives the request: a file a key, and what the request has seen on top, as those of the trade
 * have it. Nothing expires; it stands as long as its folder.
 */

class Ground_Object_Cache {

	private $folder;
	private $blog       = '';
	private $global     = array();
	private $fleeting   = array();
	private $seen       = array();

	public function __construct() {
		$this->folder = WP_CONTENT_DIR . '/ground-object-cache/';
		$this->blog   = is_multisite() ? get_current_blog_id() . ':' : '';
		wp_mkdir_p( $this->folder );
	}

	public function get( $key, $group, $force, &$found ) {
		$id = $this->id( $key, $group );
		if ( $force || ! array_key_exists( $id, $this->seen ) ) {
			$kept = isset( $this->fleeting[ $group ] ) ? false : @file_get_contents( $this->file( $id ) );
			if ( false === $kept ) {
				$found = false;
				return false;
			}
			$this->seen[ $id ] = unserialize( $kept );
		}
		$found = true;
		return is_object( $this->seen[ $id ] ) ? clone $this->seen[ $id ] : $this->seen[ $id ];
	}

	public function set( $key, $value, $group ) {
		$id                = $this->id( $key, $group );
		$this->seen[ $id ] = is_object( $value ) ? clone $value : $value;
		if ( ! isset( $this->fleeting[ $group ] ) ) {
			$draft = tempnam( $this->folder, 'draft' );
			file_put_contents( $draft, serialize( $value ) );
			rename( $draft, $this->file( $id ) );
		}
		return true;
	}

	public function delete( $key, $group ) {
		$id = $this->id( $key, $group );
		unset( $this->seen[ $id ] );
		return @unlink( $this->file( $id ) );
	}

	public function flush() {
		$this->seen = array();
		array_map( 'unlink', glob( $this->folder . '*' ) );
		return true;
	}

	public function forget_seen() {
		$this->seen = array();
		return true;
	}

	public function switch_to_blog( $blog_id ) {
		$this->blog = $blog_id . ':';
	}

	public function add_global_groups( $groups ) {
		$this->global += array_fill_keys( (array) $groups, true );
	}

	public function add_fleeting_groups( $groups ) {
		$this->fleeting += array_fill_keys( (array) $groups, true );
	}

	private function id( $key, $group ) {
		return ( isset( $this->global[ $group ] ) ? '' : $this->blog ) . $group . ':' . $key;
	}

	private function file( $id ) {
		return $this->folder . md5( $id );
	}
}

function wp_cache_init() {
	$GLOBALS['wp_object_cache'] = new Ground_Object_Cache();
}

function wp_cache_get( $key, $group = 'default', $force = false, &$found = null ) {
	return $GLOBALS['wp_object_cache']->get( $key, $group ?: 'default', $force, $found );
}

function wp_cache_set( $key, $data, $group = 'default', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->set( $key, $data, $group ?: 'default' );
}

function wp_cache_add( $key, $data, $group = 'default', $expire = 0 ) {
	wp_cache_get( $key, $group, false, $found );
	return ! $found && ! wp_suspend_cache_addition() && wp_cache_set( $key, $data, $group );
}

function wp_cache_replace( $key, $data, $group = 'default', $expire = 0 ) {
	wp_cache_get( $key, $group, false, $found );
	return $found && wp_cache_set( $key, $data, $group );
}

function wp_cache_delete( $key, $group = 'default' ) {
	return $GLOBALS['wp_object_cache']->delete( $key, $group ?: 'default' );
}

function wp_cache_incr( $key, $offset = 1, $group = 'default' ) {
	$value = wp_cache_get( $key, $group, true, $found );
	return $found && wp_cache_set( $key, max( 0, (int) $value + $offset ), $group ) ? max( 0, (int) $value + $offset ) : false;
}

function wp_cache_decr( $key, $offset = 1, $group = 'default' ) {
	return wp_cache_incr( $key, -$offset, $group );
}

function wp_cache_flush() {
	return $GLOBALS['wp_object_cache']->flush();
}

function wp_cache_flush_runtime() {
	return $GLOBALS['wp_object_cache']->forget_seen();
}

function wp_cache_close() {
	return true;
}

function wp_cache_add_global_groups( $groups ) {
	$GLOBALS['wp_object_cache']->add_global_groups( $groups );
}

function wp_cache_add_non_persistent_groups( $groups ) {
	$GLOBALS['wp_object_cache']->add_fleeting_groups( $groups );
}

function wp_cache_switch_to_blog( $blog_id ) {
	$GLOBALS['wp_object_cache']->switch_to_blog( $blog_id );
}
