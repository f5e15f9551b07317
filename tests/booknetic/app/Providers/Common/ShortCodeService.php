<?php
/**
 * Shortcodes of messages.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

/**
 * Lists the {codes} that a message may hold and replaces them.
 */
class ShortCodeService {

	private $categories = array();

	private $shortCodes = array();

	private $lazyRegistrations = array();

	private $replacers = array();

	public function registerCategory( $slug, $title ) {
		$this->categories[ $slug ] = $title;

		return $this;
	}

	/**
	 * @param string $code   Without braces.
	 * @param array  $params Of name, description, category, depends (a parameter of the event), kind (email, phone, url, file).
	 */
	public function registerShortCode( $code, $params ) {
		$this->shortCodes[ $code ] = array_merge(
			array(
				'code'        => $code,
				'name'        => '',
				'description' => '',
				'category'    => 'others',
				'depends'     => '',
				'kind'        => '',
			),
			$params
		);

		return $this;
	}

	/**
	 * Puts a registration off until somebody asks for a list; the callback is given this service.
	 */
	public function registerShortCodesLazily( $callback ) {
		$this->lazyRegistrations[] = $callback;

		return $this;
	}

	/**
	 * @param callable $replacer Given text, data and this service; returns the text.
	 */
	public function addReplacer( $replacer ) {
		$this->replacers[] = $replacer;

		return $this;
	}

	/**
	 * Hands the text through all replacers. What none of them knows stays in it.
	 */
	public function replace( $text, $data ) {
		$text = apply_filters( 'bkntc_short_code_before_replace', $text, $data );

		foreach ( $this->replacers as $replacer ) {
			$text = call_user_func( $replacer, $text, $data, $this );
		}

		return apply_filters( 'bkntc_short_code_after_replace', $text, $data );
	}

	/**
	 * The codes that depend on nothing or on one of the given parameters, of the given kinds if any are given.
	 *
	 * @return array List of codes; grouped: category slug => name and codes.
	 */
	public function getShortCodesList( $dependsFilter = array(), $kindFilter = array(), $group = false ) {
		$this->registerLazyOnes();

		$codes = array_filter(
			$this->shortCodes,
			static function ( $code ) use ( $dependsFilter, $kindFilter ) {
				$known = '' === $code['depends'] || in_array( $code['depends'], $dependsFilter, true );

				return $known && ( array() === $kindFilter || in_array( $code['kind'], $kindFilter, true ) );
			}
		);

		return $group ? $this->grouped( $codes ) : array_values( $codes );
	}

	private function registerLazyOnes(): void {
		$callbacks               = $this->lazyRegistrations;
		$this->lazyRegistrations = array();

		foreach ( $callbacks as $callback ) {
			call_user_func( $callback, $this );
		}
	}

	private function grouped( array $codes ): array {
		$groups = array();

		foreach ( $codes as $code ) {
			$slug = $code['category'];

			$groups[ $slug ]['name']         = $this->categories[ $slug ] ?? $slug;
			$groups[ $slug ]['short_codes'][] = $code;
		}

		return $groups;
	}
}
